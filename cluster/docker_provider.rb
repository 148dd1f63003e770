# What Vagrant's docker provider lacks for a cluster: its network, which is made and removed, and answers that cost little.
#
# Loaded once by the Vagrantfile. What is changed of Vagrant changes nothing that it does: only how often and by what means it asks.
require "json"
require "socket"

class ClusterError < Vagrant::Errors::VagrantError
  def initialize(text)
    @text = text
    super()
  end

  def error_message = @text
end

# The docker network of the cluster; machines come up in parallel, one of them makes it.
Network = Struct.new(:name, :subnet, :label, :image) do
  def make
    Network::LOCK.synchronize do
      there = image && docker("image", "inspect", image)
      raise ClusterError, "The machine image #{image} is not built yet, or gone. Build it with: ./toxw -e cluster -- images" unless there
      next if docker("network", "inspect", name)
      next if docker("network", "create", "--label=#{label}", "--subnet=#{subnet}.0/24", name)
      raise ClusterError, "The network #{name} (#{subnet}.0/24) could not be made; is the subnet taken? CLUSTER_SUBNET=192.168.58 takes another."
    end
  end

  def remove
    left = `docker ps --all --quiet --filter label=#{label}`
    Network::LOCK.synchronize { docker("network", "rm", name) if left.empty? }
  end

  def docker(*words) = system("docker", *words, out: File::NULL, err: File::NULL)
end
Network::LOCK = Mutex.new

# A `vagrant up` that was killed leaves its leases on ports. The threads of the next one would all delete them, and the second to do
# so fails: they go here, before there are threads.
def forget_leases_on(ports)
  Vagrant.user_data_path.join("data/fp-leases").glob("*") do |lease|
    lease.unlink if lease.mtime < Time.now - 55 || ports.include?(lease.basename.to_s.split("_").last.to_i)
  rescue Errno::ENOENT
    nil # another vagrant has removed it
  end
end

# Vagrant asks what a container is by two or three docker commands at a time, over thirty times for each machine, 25 ms of processor
# time each. The engine's socket says it in 2 ms, where docker has no other engine in mind.
module AskedBySocket
  HOST = ENV.fetch("DOCKER_HOST", "")
  SOCKET = (HOST.empty? ? "unix:///var/run/docker.sock" : HOST)[%r{\Aunix://(.+)}, 1]

  # The context that is chosen, by which docker may mean another engine.
  def self.context
    folder = ENV.fetch("DOCKER_CONFIG") { File.expand_path("~/.docker") }
    ENV["DOCKER_CONTEXT"] || JSON.parse(File.read(File.join(folder, "config.json")))["currentContext"]
  rescue SystemCallError, JSON::ParserError
    nil
  end

  IS_ASKED = SOCKET && File.socket?(SOCKET) && (!HOST.empty? || [nil, "", "default"].include?(context))

  def created?(cid) = IS_ASKED ? !inspected(cid).nil? : super
  def running?(cid) = IS_ASKED ? inspected(cid)&.dig("State", "Running") : super
  def inspect_container(cid) = (IS_ASKED && inspected(cid)) || super

  # Which ports the containers of the host hold, a command for each of them. A port that somebody listens on Vagrant finds by knocking
  # there; that is enough.
  def read_used_ports = {}

  private

  # What the engine says of a container, nil where there is none.
  def inspected(cid)
    head, body = UNIXSocket.open(SOCKET) do |engine|
      engine.write("GET /containers/#{cid}/json HTTP/1.0\r\n\r\n")
      engine.read.split("\r\n\r\n", 2)
    end
    status = head[/\AHTTP\S+ (\d+)/, 1]
    raise ClusterError, "docker does not say what #{cid} is: #{body}" unless %w[200 404].include?(status)
    JSON.parse(body) if status == "200"
  end
end

# Vagrant asks for each machine, three times, whether docker can be used.
module UsableOnce
  def usable?(*) = @usable ||= super
end

# Vagrant tries to log in as fast as it can, hundreds of times a second, while docker's proxy accepts for a machine that does not
# listen yet: on two cores that keeps the machines from booting. Here it is told where to log in when sshd has said its name; once,
# and not of a machine that is frozen.
module KnocksFirst
  PATIENCE = 20 # seconds; then Vagrant may try, and say what is wrong
  PAUSE = 0.1

  def ssh_info
    info = super
    return info if info.nil? || @has_knocked

    @has_knocked = true
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + PATIENCE
    sleep PAUSE until frozen? || answers?(info) || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
    info
  end

  private

  def frozen? = driver.inspect_container(@machine.id).dig("State", "Paused")

  def answers?(info)
    Socket.tcp(info[:host], info[:port], connect_timeout: 1) do |socket|
      socket.wait_readable(1) && socket.recv(4) == "SSH-"
    end
  rescue SystemCallError
    false
  end
end

provider = Vagrant.plugin("2").manager.providers[:docker].first
provider.singleton_class.prepend(UsableOnce)
provider.prepend(KnocksFirst)
VagrantPlugins::DockerProvider::Driver.prepend(AskedBySocket)
