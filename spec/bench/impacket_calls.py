#!/usr/bin/python3
"""impacket's client making the calls of the combined view: milliseconds for all of them.

    impacket_calls.py PORT USERNAME
"""
import os
import sys
import time

from impacket.dcerpc.v5 import srvs, transport
from impacket.dcerpc.v5.dtypes import NULL

port, username = sys.argv[1:3]
start = time.perf_counter()
pipe = transport.SMBTransport("127.0.0.1", int(port), r"\srvsvc", username=username,
                              password=os.environ["LAB_PASSWORD"])
call = pipe.get_dce_rpc()
call.connect()
call.bind(srvs.MSRPC_UUID_SRVS)
shares = srvs.hNetrShareEnum(call, 2)["InfoStruct"]["ShareInfo"]["Level2"]["Buffer"]
srvs.hNetrSessionEnum(call, NULL, NULL, 502)
srvs.hNetrFileEnum(call, NULL, NULL, 3)
for share in shares:
    srvs.hNetrConnectionEnum(call, share["shi2_netname"], 1)
print("%.3f" % ((time.perf_counter() - start) * 1e3))
