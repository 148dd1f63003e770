# Asks Vagrant's docker provider, as cluster/docker_provider.rb changes it, and prints the answer as JSON: a word and what it is about.
require "vagrant"
require_relative "../../cluster/docker_provider"

# Knows where a machine listens, as the provider does, and has what the provider is given.
class Told
  def initialize(port) = @port = Integer(port)
  def ssh_info = { host: "127.0.0.1", port: @port }
  prepend KnocksFirst
end

word, about = ARGV
driver = VagrantPlugins::DockerProvider::Driver.new
puts JSON.generate(
  case word
  when "created" then driver.created?(about)
  when "running" then driver.running?(about)
  when "inspect" then driver.inspect_container(about)
  when "ssh" then Told.new(about).ssh_info
  end
)
