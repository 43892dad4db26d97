"""The XML-RPC API, as Python's own client sees it. Usage: xmlrpc_tour.py http://127.0.0.1:8888"""
import base64
import json
import sys
import urllib.request
import xmlrpc.client
from xmlrpc.client import Binary, Fault

ROOT = sys.argv[1]
server = xmlrpc.client.ServerProxy(ROOT + "/xmlrpc", allow_none=False)


def equal(found, wanted):
    assert found == wanted and type(found) is type(wanted), f"expected {wanted!r}, got {found!r}"


def fault(code, call, *arguments):
    try:
        result = call(*arguments)
    except Fault as e:
        assert e.faultCode == code and e.faultString, f"expected fault {code}, got {e}"
        return e.faultString
    raise AssertionError(f"expected fault {code}, got {result!r}")


def get_by_http(queue):
    with urllib.request.urlopen(f"{ROOT}/q/{queue}") as reply:
        return json.loads(reply.read())


# The lines of the original's test_xmlrpc.py.
equal(server.set("py", "tuna-boy"), "py:1")
equal(server.get("py"), {"key": "py:1", "value": "tuna-boy", "count": 1})
equal(fault(8002, server.get, "py"), "empty queue")

# Synonyms, length, deletion.
equal(server.add("py", "a"), "py:2")
equal(server.add("py", "b"), "py:3")
equal(server.len("py"), 2)
equal(getattr(server, "del")("py", "py:3"), True)
equal(getattr(server, "del")("py", "py:3"), False)
equal(server.take("py")["value"], "a")
equal(server.len("py"), 0)

# A text is returned unchanged, or as base64 when XML cannot carry it.
for text in ["", " padded  ", "007", "1.50", "</value><script>&amp;]]>", "héllo ☃ 日本 😀", "a\nb\tc", "x" * 100000]:
    server.set("py", text)
    equal(server.get("py")["value"], text)
for text in ["a\r\nb", "a\rb"]:
    server.set("py", Binary(text.encode()))
    equal(server.get("py")["value"].data, text.encode())
for text in ["a\0b", "\x01\x1f", "\ufffe"]:
    request = urllib.request.Request(f"{ROOT}/q/py", data=text.encode(), headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).read()
    equal(server.get("py")["value"].data, text.encode())
request = urllib.request.Request(f"{ROOT}/q/py", data=b"a\r\nb\rc", headers={"Content-Type": "text/plain"})
urllib.request.urlopen(request).read()
value = server.get("py")["value"]
equal(value.data if isinstance(value, Binary) else value.encode(), b"a\r\nb\rc")

# A value of another type becomes the equal JSON value.
for value, as_json in [(5, 5), (-7, -7), (2.5, 2.5), (True, True), (False, False)]:
    server.set("py", value)
    found = get_by_http("py")["value"]
    equal(found, as_json)
server.set("py", 12)
equal(server.get("py")["value"], "12")

# Binary.
data = bytes(range(256))
server.set("py", Binary(data))
found = get_by_http("py")
equal(base64.b64decode(found["value"]), data)
equal(found["encoding"], "base64")
server.set("py", Binary(data))
equal(server.get("py")["value"].data, data)

# A unicode name.
equal(server.set("caf\u00e9", "x"), "caf\u00e9:1")
equal(server.get("caf\u00e9")["key"], "caf\u00e9:1")

# Introspection.
methods = server.system.listMethods()
for name in ["get", "set", "add", "take", "del", "len", "system.listMethods", "system.methodHelp", "system.methodSignature"]:
    assert name in methods, f"{name} is not among {methods}"
    assert server.system.methodHelp(name), f"no help for {name}"
    signatures = server.system.methodSignature(name)
    assert isinstance(signatures, list) and isinstance(signatures[0], list), signatures
equal(server.system.methodSignature("get")[0], ["struct", "string"])

# Faults.
equal(fault(8001, server.nope, 1), "function nope not found")
fault(8002, server.get)
fault(8002, server.get, "a b")
fault(8002, server.get, 7)
fault(8002, server.set, "py")
fault(8002, server.set, "py", "x", "y")
equal(server.set("py", {"a": 1}).startswith("py:"), True)
equal(server.take("py")["value"], '{"a":1}')
fault(8002, server.get, "py")
print("ok")
