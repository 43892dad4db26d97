"""A consumer of lines with nothing but http.client: python3 lines.py host:port target"""
import http.client
import json
import sys

connection = http.client.HTTPConnection(sys.argv[1], timeout=30)
connection.request("GET", sys.argv[2])
stream = connection.getresponse()
print("open", stream.status, stream.getheader("Content-Type"), flush=True)
while line := stream.readline():
    print("got", json.loads(line)["value"], flush=True)
