"""The fence: a supervisor beside fleetd that stops this machine's units before its lease in etcd can expire."""
