"""Whether the agent in this container answers: status 0 if it does. For HEALTHCHECK and for probes of Kubernetes.

It asks on the port it was told to listen on; over TLS where it has a web configuration. The certificate is not
verified: this is loopback in the container itself, and the name in the certificate is another one.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys

SECONDS = 4


def main() -> int:
    port = int(os.environ.get("HARTWATCH_LISTEN_PORT") or 9640)
    path = sys.argv[1] if len(sys.argv) > 1 else "/-/healthy"
    if os.environ.get("HARTWATCH_WEB_CONFIG"):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read(500).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as problem:
        print(f"no answer on port {port}: {problem}", file=sys.stderr)
        return 1
    print(text)
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
