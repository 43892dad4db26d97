"""N COMET consumers on one queue. Each prints its messages: all of them under broadcast, its share under roundrobin.

Usage: comet_many.py queue consumers messages     ends after that many deliveries to all consumers together
"""
import http.client
import json
import os
import queue as local
import sys
import threading
import urllib.parse

host = urllib.parse.urlsplit(os.environ.get("RESTMQ", "http://localhost:8888"))
name, consumers, messages = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
got = local.Queue()


def listen(number):
    connection = http.client.HTTPConnection(host.netloc)
    connection.request("GET", f"/c/{name}")
    stream = connection.getresponse()
    got.put((number, None))
    while line := stream.readline():
        got.put((number, json.loads(line)["value"]))


for number in range(1, consumers + 1):
    threading.Thread(target=listen, args=(number,), daemon=True).start()
for _ in range(consumers):
    got.get()
print(consumers, "listening", flush=True)
for _ in range(messages):
    number, value = got.get()
    print(f"consumer {number}: {value}", flush=True)
