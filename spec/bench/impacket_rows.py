#!/usr/bin/python3
"""impacket's client doing the same: milliseconds for the call, its rows counted.

    impacket_rows.py PORT USERNAME QUALIFIER
"""
import os
import sys
import time

from impacket.dcerpc.v5 import srvs, transport

port, username, qualifier = sys.argv[1:4]
pipe = transport.SMBTransport("127.0.0.1", int(port), r"\srvsvc", username=username,
                              password=os.environ["LAB_PASSWORD"])
call = pipe.get_dce_rpc()
call.connect()
call.bind(srvs.MSRPC_UUID_SRVS)
start = time.perf_counter()
answer = srvs.hNetrConnectionEnum(call, qualifier + "\0", 1)
rows = [{field: entry[field] for field, _ in entry.structure}
        for entry in answer["InfoStruct"]["ConnectInfo"]["Level1"]["Buffer"]]
print("%.3f %d" % ((time.perf_counter() - start) * 1e3, len(rows)))
