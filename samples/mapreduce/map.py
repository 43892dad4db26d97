"""A mapper: counts the words of each part that it gets over COMET, and adds the result to the reducer's queue.

A part is leased until its result is added, so the parts of a mapper that dies go to another. A result is added with
the part's key as idempotency key, so a part that was counted twice is added once. The mapper ends when the queue of
parts is purged.

Usage: map.py parts results [--frequencies]
"""
import collections
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

host = os.environ.get("RESTMQ", "http://localhost:8888")
parts, results = sys.argv[1:3]
frequencies = "--frequencies" in sys.argv


def send(target, body=None, method=None):
    with urllib.request.urlopen(urllib.request.Request(host + target, body, {"Content-Type": "application/json"}, method=method)) as reply:
        return reply.read()


with urllib.request.urlopen(f"{host}/c/{parts}?lease=30&prefetch=2") as stream:
    for line in stream:
        part = json.loads(line)
        words = re.findall(r"[a-z]+(?:['’][a-z]+)*", part["value"].lower())
        result = {"part": part["key"], "words": len(words)}
        if frequencies:
            result["frequencies"] = collections.Counter(words)
        send(f"/q/{results}?id={urllib.parse.quote(part['key'])}", json.dumps(result).encode())
        # Prints in one piece, so that the lines of two mappers do not mix.
        print(f"{part['key']} {len(words)}\n", end="", flush=True)
        try:
            send(f"/q/{parts}/{urllib.parse.quote(part['receipt'])}", method="DELETE")
        except urllib.error.HTTPError as error:
            if error.code not in (404, 409):  # purged or delivered again: its result is added anyway
                raise
