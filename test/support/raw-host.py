"""Sends and receives whole Ethernet frames on eth0 of the namespace it runs in.

A line of hex digits on standard input is sent as it stands. Each frame that comes in from the wire is printed as a line
of hex digits; a tag that the kernel took off the frame is put back. Ends with its standard input.
"""

import os
import select
import socket
import struct
import sys

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SOL_PACKET = 263
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6


def with_tag(frame, ancillary):
    for level, kind, data in ancillary:
        if level != SOL_PACKET or kind != PACKET_AUXDATA or len(data) < 20:
            continue
        status, _length, _snaplen, _mac, _net, tci, tpid = struct.unpack('IIIHHHH', data[:20])
        if status & TP_STATUS_VLAN_VALID:
            tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
            return frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    return frame


def main():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.bind(('eth0', 0))
    print('ready', flush=True)
    rest = b''
    while True:
        readable, _, _ = select.select([wire, sys.stdin.fileno()], [], [])
        if sys.stdin.fileno() in readable:
            # Not readline: what it reads ahead, select would not know of.
            chunk = os.read(sys.stdin.fileno(), 65536)
            if chunk == b'':
                return
            *lines, rest = (rest + chunk).split(b'\n')
            for line in lines:
                wire.send(bytes.fromhex(line.decode()))
        if wire in readable:
            frame, ancillary, _flags, address = wire.recvmsg(65535, 256)
            if address[2] != PACKET_OUTGOING:
                print(with_tag(frame, ancillary).hex(), flush=True)


main()
