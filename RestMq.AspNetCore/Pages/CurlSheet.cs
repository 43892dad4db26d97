namespace RestMq.Pages;

/// <summary>Renders the front page for curl: lines with this host's URL, ready to paste.</summary>
internal static class CurlSheet
{
    public static string For(string url, string store) => $$"""
        RestMQ: the queue you can curl. Messages are kept in {{store}}.

        Add, take, show the length, purge:
          curl -d value=foobar {{url}}/q/test
          curl {{url}}/q/test
          curl -I {{url}}/q/test
          curl -X DELETE {{url}}/q/test

        Listen, and send from another terminal:
          curl -N {{url}}/c/test
          curl -d 'queue=test&value=hello' {{url}}/

        Any body is a message. Its bytes and content type are kept:
          curl -H 'Content-Type: application/json' -d '{"a":[1,null]}' {{url}}/q/test
          curl '{{url}}/q/test?format=raw'

        Wait for a message, take several, or lease a message and ack it by its receipt:
          curl '{{url}}/q/test?wait=20'
          curl '{{url}}/q/test?max=10'
          curl -i '{{url}}/q/test?lease=30'
          curl -X DELETE {{url}}/q/test/test:1.1

        Dead letters: show them, redrive one or all, delete them:
          curl '{{url}}/j/test?state=dead'
          curl -d 'status=redrive&key=test:1' {{url}}/control/test
          curl -d status=redrive {{url}}/control/test
          curl -X DELETE '{{url}}/q/test?state=dead'

        JSON protocol (add, get, take, lease, del, extend, release, bury, len, purge, policy, start, stop, redrive, queues):
          curl -d 'body={"cmd":"add","queue":"test","value":"foobar"}' {{url}}/queue
          curl -d 'body={"cmd":"take","queue":"test"}' {{url}}/queue

        Policy, start and stop, numbers, newest messages:
          curl -d policy=roundrobin {{url}}/p/test
          curl -d status=stop {{url}}/control/test
          curl {{url}}/stats
          curl {{url}}/j/test

        XML-RPC is at {{url}}/xmlrpc: set(queue, value), get(queue).
        """.ReplaceLineEndings("\r\n");
}
