"""A COMET consumer: prints each message as it comes. When the connection breaks, it reconnects and resumes.

Usage: comet.py queue [messages]     without a number it listens until the queue is purged
"""
import json
import os
import sys
import time
import urllib.request

host = os.environ.get("RESTMQ", "http://localhost:8888")
queue = sys.argv[1]
left = int(sys.argv[2]) if len(sys.argv) > 2 else None
last = None

while left != 0:
    try:
        # Messages of a broadcast queue have an id. The next stream begins after the last id.
        resume = f"?last_event_id={last}" if last else ""
        with urllib.request.urlopen(f"{host}/c/{queue}{resume}") as stream:
            print("listening", flush=True)
            for line in stream:
                message = json.loads(line)
                if "missed" in message:
                    print("missed", message["missed"], flush=True)
                    continue
                last = message.get("id")
                print(message["key"], message["value"], flush=True)
                left = None if left is None else left - 1
                if left == 0:
                    break
            else:
                print("the queue was purged", flush=True)
                break
    except OSError as error:
        print("reconnecting in a second:", error, flush=True)
        time.sleep(1)
