"""Answers as the lab's KDC does, and prints for each request whether it is for a ticket that can be forwarded.

    kdc_options.py PORT-OF-THE-KDC REQUESTS

The first line is its own port; after so many requests it ends."""
import socket
import sys

from impacket.krb5.asn1 import AS_REQ, TGS_REQ
from pyasn1.codec.der import decoder

FORWARDABLE = 1

own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.bind(("127.0.0.1", 0))
own.settimeout(60)
kdc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
kdc.connect(("127.0.0.1", int(sys.argv[1])))
kdc.settimeout(60)
print(own.getsockname()[1], flush=True)
for _ in range(int(sys.argv[2])):
    request, client = own.recvfrom(65536)
    is_first = request[0] == 0x6A
    message = decoder.decode(request, asn1Spec=AS_REQ() if is_first else TGS_REQ())[0]
    flags = message["req-body"]["kdc-options"]
    print("AS_REQ" if is_first else "TGS_REQ", "forwardable" if flags[FORWARDABLE] else "stays", flush=True)
    kdc.send(request)
    own.sendto(kdc.recv(65536), client)
