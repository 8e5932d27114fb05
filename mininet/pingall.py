#!/usr/bin/python3
"""Two switches and a few hosts by Mininet's Python API, and pingall read by pair.

    pingall.py TOPOLOGY_JSON        under `lab-ns -t`, with OVS_RUNDIR naming a running Open vSwitch

The topology says which hosts there are and to which switch each belongs; the two switches are joined by a link, which is
the last port of each. On standard output it writes one JSON object a line: {"event": "ready"} once the network is up;
then for each line "pingall" on standard input {"event": "pingall", "pairs": {"a1>b1": true, ...}}, with every ordered
pair of hosts. It ends with its standard input. `mn` itself is not used: its exit code does not tell lost pings.
"""
import json
import subprocess
import sys

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import OVSSwitch, RemoteController

PING = ["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "1"]


def build(topology):
    """Starts the network; the caller stops it."""
    net = Mininet(controller=None, switch=OVSSwitch, autoSetMacs=False, build=False)
    net.addController("c0", controller=RemoteController, ip="127.0.0.1", port=topology["controllerPort"])
    switches = {
        name: net.addSwitch(name, dpid=dpid, datapath="user", protocols=topology["protocols"], failMode="secure")
        for name, dpid in topology["switches"].items()
    }
    for each in topology["hosts"]:
        host = net.addHost(each["name"], ip=each["addresses"][0], mac=each["mac"])
        net.addLink(host, switches[each["switch"]])
    net.addLink(*switches.values())
    net.start()
    # Mininet prints what ovs-vsctl complains about and goes on; here it is the end.
    bridges = subprocess.check_output(["ovs-vsctl", "list-br"], text=True).split()
    if set(bridges) != set(topology["switches"]):
        raise RuntimeError("Open vSwitch has the bridges %s, expected %s" % (bridges, list(topology["switches"])))
    for each in topology["hosts"]:
        host = net.get(each["name"])
        interface = host.defaultIntf().name
        for address in each["addresses"][1:]:
            run(host, ["ip", "addr", "add", address, "dev", interface])
        if each.get("gateway"):
            run(host, ["ip", "route", "add", "default", "via", each["gateway"]])
        # A gateway asks for a job's MAC by its own campus address, never by one of the WAN's.
        run(host, ["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_announce=2", "net.ipv6.conf.all.disable_ipv6=1"])
    return net


def run(host, command):
    """Runs a command in a host; raises if it fails, rather than going on with half a network."""
    process = host.popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = process.communicate(timeout=10)
    if process.returncode != 0:
        raise RuntimeError("%s: `%s` failed: %s" % (host.name, " ".join(command), said.decode()))


def pingall(net, hosts):
    """All ordered pairs at once, from and to the last address of each host."""
    address = {each["name"]: each["addresses"][-1].split("/")[0] for each in hosts}
    running = {
        "%s>%s" % (a, b): net.get(a).popen(PING + ["-I", address[a], address[b]], stdout=subprocess.DEVNULL)
        for a in address
        for b in address
        if a != b
    }
    # ping exits 0 when at least one reply came, 1 when none did, 2 when it could not even try.
    codes = {pair: process.wait(timeout=20) for pair, process in running.items()}
    broken = [pair for pair, code in codes.items() if code > 1]
    if broken:
        raise RuntimeError("ping could not run for %s" % ", ".join(broken))
    return {pair: code == 0 for pair, code in codes.items()}


def tell(**message):
    print(json.dumps(message), flush=True)


def main():
    setLogLevel("warning")
    topology = json.loads(sys.argv[1])
    net = build(topology)
    try:
        tell(event="ready")
        for line in sys.stdin:
            if line.strip() == "pingall":
                tell(event="pingall", pairs=pingall(net, topology["hosts"]))
    finally:
        net.stop()


if __name__ == "__main__":
    main()
