"""The REST routes and a COMET stream, as http.client sees them. Usage: rest_tour.py http://127.0.0.1:8888"""
import http.client
import json
import sys
import threading
import urllib.parse

HOST = urllib.parse.urlsplit(sys.argv[1]).netloc
kept = http.client.HTTPConnection(HOST, timeout=10)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(method, target, body=None, headers=None, connection=kept):
    connection.request(method, target, body, headers or ({} if body is None else FORM))
    reply = connection.getresponse()
    return reply, reply.read()


def expect(status, method, target, body=None, headers=None):
    reply, found = ask(method, target, body, headers)
    assert reply.status == status, f"{method} {target}: {reply.status} {found!r}"
    return found


def equal(found, wanted):
    assert found == wanted, f"expected {wanted!r}, got {found!r}"


# All requests use one connection, with empty replies between others.
expect(204, "GET", "/q/pyrest")
equal(expect(200, "POST", "/q/pyrest", "value=one"), b"pyrest:1\r\n")
equal(expect(200, "POST", "/", "queue=pyrest&value=two"), b"pyrest:2\r\n")
equal(json.loads(expect(200, "GET", "/q/pyrest")), {"key": "pyrest:1", "value": "one", "count": 1})
equal(json.loads(expect(200, "GET", "/?queue=pyrest")), {"key": "pyrest:2", "value": "two", "count": 1})
expect(204, "GET", "/q/pyrest")
expect(404, "GET", "/?queue=pyrest")
expect(200, "HEAD", "/q/pyrest")

# JSON in, JSON out; a body in chunks.
expect(200, "POST", "/q/pyrest", json.dumps({"n": [1, 2.5, None], "s": "é"}), {"Content-Type": "application/json"})
equal(json.loads(expect(200, "GET", "/q/pyrest"))["value"], {"n": [1, 2.5, None], "s": "é"})
expect(200, "POST", "/q/pyrest", iter([b"a" * 5000, b"b" * 5000]), {"Content-Type": "text/plain"})
equal(expect(200, "GET", "/q/pyrest?format=raw"), b"a" * 5000 + b"b" * 5000)

# A lease, its link and its receipt.
expect(200, "POST", "/q/pyrest", "value=job")
reply, body = ask("GET", "/q/pyrest?lease=30")
receipt = json.loads(body)["receipt"]
assert 'rel="ack"' in ", ".join(reply.headers.get_all("Link")), reply.headers
expect(204, "DELETE", f"/q/pyrest/{receipt}")
expect(404, "DELETE", f"/q/pyrest/{receipt}")

# The JSON protocol.
equal(json.loads(expect(200, "POST", "/queue", urllib.parse.urlencode({"body": json.dumps({"cmd": "take", "queue": "pyrest"})}))), {"error": "empty queue"})

# A stream, ended by DELETE.
got, ready = [], threading.Event()


def listen():
    connection = http.client.HTTPConnection(HOST, timeout=10)
    connection.request("GET", "/c/pystream")
    stream = connection.getresponse()
    ready.set()
    for line in stream:
        got.append(json.loads(line))


consumer = threading.Thread(target=listen, daemon=True)
consumer.start()
assert ready.wait(5), "headers come at once"
for i in range(100):
    expect(200, "POST", "/q/pystream", f"value=m{i}")
while len(got) < 100 and consumer.is_alive():
    ready.clear()
    ready.wait(0.01)
equal([m["value"] for m in got], [f"m{i}" for i in range(100)])
expect(200, "DELETE", "/q/pystream")
consumer.join(5)
assert not consumer.is_alive(), "DELETE ends the stream"
print("ok")
