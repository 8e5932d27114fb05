# A learning switch for os-ken, as a peer of the benchmark: it answers a PacketIn of a known destination with a FlowMod and,
# where the switch keeps no packet, a PacketOut; of an unknown one with a flood. Both OpenFlow versions.

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.ofproto import ofproto_v1_0, ofproto_v1_3


class Learning(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_0.OFP_VERSION, ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ports = {}

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def on_features(self, event):
        self.ports[event.msg.datapath.id] = {}

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def on_packet_in(self, event):
        message = event.msg
        datapath = message.datapath
        proto, parser = datapath.ofproto, datapath.ofproto_parser
        is_old = proto.OFP_VERSION == ofproto_v1_0.OFP_VERSION
        in_port = message.in_port if is_old else message.match["in_port"]
        dst, src = message.data[0:6], message.data[6:12]
        ports = self.ports[datapath.id]
        ports[src] = in_port
        out_port = ports.get(dst)
        is_known = out_port is not None
        actions = [parser.OFPActionOutput(out_port if is_known else proto.OFPP_FLOOD)]
        is_buffered = message.buffer_id != proto.OFP_NO_BUFFER if not is_old else message.buffer_id != 0xFFFFFFFF
        if is_known:
            if is_old:
                match = parser.OFPMatch(in_port=in_port, dl_dst=dst, dl_src=src)
                rule = parser.OFPFlowMod(
                    datapath=datapath, match=match, cookie=0, command=proto.OFPFC_ADD, idle_timeout=60,
                    priority=100, buffer_id=message.buffer_id, actions=actions)
            else:
                text = lambda mac: ":".join("%02x" % byte for byte in mac)
                match = parser.OFPMatch(in_port=in_port, eth_dst=text(dst), eth_src=text(src))
                apply = parser.OFPInstructionActions(proto.OFPIT_APPLY_ACTIONS, actions)
                rule = parser.OFPFlowMod(
                    datapath=datapath, match=match, idle_timeout=60, priority=100,
                    buffer_id=message.buffer_id, instructions=[apply])
            datapath.send_msg(rule)
            if is_buffered:
                return
        data = None if is_buffered else message.data
        datapath.send_msg(parser.OFPPacketOut(
            datapath=datapath, buffer_id=message.buffer_id, in_port=in_port, actions=actions, data=data))
