# Prints, as JSON, what the Vagrantfile configures for a machine and a provider; needs neither the provider nor a machine.
require "vagrant"
require "json"

folder, machine, provider = ARGV
env = Vagrant::Environment.new(cwd: folder, ui_class: Vagrant::UI::Silent)
config = env.vagrantfile.machine_config(machine.to_sym, provider.to_sym, nil, nil, false)[:config]
puts JSON.generate(
  "box" => config.vm.box,
  "hostname" => config.vm.hostname,
  "networks" => config.vm.networks.map { |kind, options| [kind, options[:ip]] },
  "folders" => config.vm.synced_folders.transform_values { |o| { "host" => o[:hostpath], "type" => o[:type], "disabled" => o[:disabled] } },
  "username" => config.ssh.username,
  "insert_key" => config.ssh.insert_key,
  "forward_agent" => config.ssh.forward_agent,
  "provisioners" => config.vm.provisioners.map { |p| p.type.to_s },
  "machines" => env.machine_names.map(&:to_s),
  "docker" => provider == "docker" ? config.vm.get_provider_config(:docker).then { |d| { "name" => d.name, "create_args" => d.create_args, "env" => d.env } } : nil
)
