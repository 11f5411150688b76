"""A slixmpp user or component that a test drives by JSON lines: commands on standard input, events on standard output.

entity.py user|component JID SECRET HOST PORT [CA-FILE]
Commands: {"op": "message", "to", "body"[, "id"]}, {"op": "presence"[, "to"][, "type"]}, {"op": "ping", "to"}, {"op": "echo"}, {"op": "quit"}.
Events: {"event": "online", "jid"}, {"event": "message" | "presence", "from", "to", "type", "id", "body"}, {"event": "pong", "from"},
{"event": "error", "from", "condition"}, {"event": "failed", "reason"}.
"""
import asyncio
import json
import logging
import ssl
import sys

from slixmpp import ClientXMPP, ComponentXMPP
from slixmpp.exceptions import IqError, IqTimeout

ECHO_PREFIX = "echo: "


def say(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


class Driver:
    """What user and component share: reports and commands."""

    def __init__(self, entity):
        self.entity = entity
        self.echo = False
        for plugin in ("xep_0030", "xep_0199"):
            entity.register_plugin(plugin)
        entity.add_event_handler("session_start", self.on_start)
        entity.add_event_handler("message", self.on_message)
        entity.add_event_handler("presence", self.on_presence)
        entity.add_event_handler("failed_auth", lambda _: say("failed", reason="authentication"))
        entity.add_event_handler("connection_failed", lambda e: say("failed", reason=str(e)))
        entity.add_event_handler("disconnected", lambda e: say("disconnected", reason=str(e)))

    def on_start(self, _):
        if isinstance(self.entity, ClientXMPP):
            self.entity.send_presence()
        say("online", jid=str(self.entity.boundjid))

    def on_message(self, message):
        kind = message["type"]
        if kind == "error":
            say("error", **{"from": str(message["from"])}, condition=message["error"]["condition"])
            return
        say("message", **{"from": str(message["from"])}, to=str(message["to"]), type=kind, id=message["id"], body=message["body"])
        if self.echo and message["body"] and not message["body"].startswith(ECHO_PREFIX):
            self.entity.send_message(mto=message["from"], mfrom=message["to"], mtype=kind, mbody=ECHO_PREFIX + message["body"])

    def on_presence(self, presence):
        say("presence", **{"from": str(presence["from"])}, to=str(presence["to"]), type=presence["type"], id=presence["id"], body="")

    async def ping(self, to):
        try:
            await self.entity.plugin["xep_0199"].send_ping(to, ifrom=self.entity.boundjid, timeout=20)
            say("pong", **{"from": to})
        except IqError as error:
            say("error", **{"from": to}, condition=error.condition)
        except IqTimeout:
            say("error", **{"from": to}, condition="timeout of the client")

    async def run(self):
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            command = json.loads(line)
            operation = command["op"]
            if operation == "message":
                stanza = self.entity.make_message(
                    mto=command["to"], mfrom=self.entity.boundjid, mtype="chat", mbody=command["body"])
                if "id" in command:
                    stanza["id"] = command["id"]
                stanza.send()
            elif operation == "presence":
                self.entity.send_presence(pto=command.get("to"), pfrom=self.entity.boundjid, ptype=command.get("type"))
            elif operation == "ping":
                asyncio.ensure_future(self.ping(command["to"]))
            elif operation == "echo":
                self.echo = True
            elif operation == "quit":
                break
        await self.entity.disconnect()


def main():
    kind, jid, secret, host, port = sys.argv[1:6]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if kind == "component":
        entity = ComponentXMPP(jid, secret, host, int(port))
        entity.connect()
    else:
        entity = ClientXMPP(jid, secret)
        if len(sys.argv) > 6:
            entity.ca_certs = sys.argv[6]
        entity.ssl_context.minimum_version = ssl.TLSVersion.TLSv1_2
        entity.connect(address=(host, int(port)))
    entity.loop.run_until_complete(Driver(entity).run())


if __name__ == "__main__":
    main()
