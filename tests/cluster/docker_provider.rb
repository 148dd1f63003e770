# Asks Vagrant's docker provider, as cluster/docker_provider.rb changes it, and prints the answer as JSON: a word and what it is about.
require "vagrant"
require_relative "../../cluster/docker_provider"

Machine = Struct.new(:id)

# Knows where a machine listens, as the provider does, and is asked twice, as the provider is.
class Told
  attr_reader :driver

  def initialize(port, driver)
    @port, @driver, @machine = Integer(port), driver, Machine.new("c1")
  end

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
  when "ssh" then Told.new(about, driver).tap(&:ssh_info).ssh_info
  end
)
