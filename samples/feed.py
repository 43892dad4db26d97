"""A producer of feed entries: each entry of an Atom or RSS file becomes one message, however often the feed is read
within the five minutes that an idempotency key is remembered.

Usage: feed.py queue [file or URL]     by default the feed beside this program
"""
import hashlib
import json
import os
import pathlib
import sys
import urllib.request
import xml.etree.ElementTree as xml

host = os.environ.get("RESTMQ", "http://localhost:8888")
queue = sys.argv[1]
source = sys.argv[2] if len(sys.argv) > 2 else str(pathlib.Path(__file__).with_name("feed.atom"))
ATOM = "{http://www.w3.org/2005/Atom}"


def entries(root):
    for entry in root.iter(ATOM + "entry"):
        yield {
            "id": entry.findtext(ATOM + "id"),
            "title": entry.findtext(ATOM + "title"),
            "link": entry.find(ATOM + "link").get("href"),
            "published": entry.findtext(ATOM + "published") or entry.findtext(ATOM + "updated"),
        }
    for item in root.iter("item"):
        link = item.findtext("link")
        yield {"id": item.findtext("guid") or link, "title": item.findtext("title"), "link": link, "published": item.findtext("pubDate")}


with urllib.request.urlopen(source) if "://" in source else open(source, "rb") as file:
    root = xml.parse(file).getroot()

# Adds the oldest entry first. A feed lists the newest first.
for entry in reversed(list(entries(root))):
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": hashlib.sha256(entry["id"].encode()).hexdigest(),
    }
    request = urllib.request.Request(f"{host}/q/{queue}", json.dumps(entry).encode(), headers)
    with urllib.request.urlopen(request) as reply:
        print(reply.read().decode().strip(), entry["title"])
