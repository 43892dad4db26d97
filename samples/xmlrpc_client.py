"""A queue by XML-RPC, with Python's standard library. Usage: xmlrpc_client.py [queue]"""
import os
import sys
import xmlrpc.client

host = os.environ.get("RESTMQ", "http://localhost:8888")
queue = sys.argv[1] if len(sys.argv) > 1 else "test"

server = xmlrpc.client.ServerProxy(host + "/xmlrpc")
print("it speaks:", ", ".join(server.system.listMethods()))
print("set:", server.set(queue, "tuna"))
print("set:", server.set(queue, "café"))
print("len:", server.len(queue))
while server.len(queue):
    message = server.get(queue)
    print("get:", message["key"], message["value"], message["count"])
try:
    server.get(queue)
except xmlrpc.client.Fault as fault:
    print("fault:", fault.faultCode, fault.faultString)
