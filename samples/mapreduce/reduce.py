"""The reducer: adds up the mappers' results over COMET until all parts are in, then prints the sum.

With frequencies in the results, it also prints the ten most frequent words.

Usage: reduce.py results parts     parts is the number of parts
"""
import collections
import json
import os
import sys
import urllib.request

host = os.environ.get("RESTMQ", "http://localhost:8888")
results, parts = sys.argv[1], int(sys.argv[2])
total, frequencies, seen = 0, collections.Counter(), set()

with urllib.request.urlopen(f"{host}/c/{results}") as stream:
    while len(seen) < parts:
        result = json.loads(stream.readline())["value"]
        seen.add(result["part"])
        total += result["words"]
        frequencies.update(result.get("frequencies", {}))

print(len(seen), "parts,", total, "words")
for word, count in sorted(frequencies.items(), key=lambda item: (-item[1], item[0]))[:10]:
    print(count, word)
