"""Adds each paragraph of a text to the queue and prints their number. Usage: feed.py queue file"""
import json
import os
import sys
import urllib.request

host = os.environ.get("RESTMQ", "http://localhost:8888")
queue, file = sys.argv[1:3]

with open(file, encoding="utf-8") as text:
    parts = [part for part in text.read().split("\n\n") if part.strip()]
for begin in range(0, len(parts), 1000):
    lines = "\n".join(json.dumps(part) for part in parts[begin:begin + 1000])
    urllib.request.urlopen(urllib.request.Request(f"{host}/q/{queue}", lines.encode(), {"Content-Type": "application/x-ndjson"})).close()
print(len(parts))
