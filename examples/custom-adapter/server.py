"""A /v1 server of the standard library alone: it says what it is told. python3 server.py [port]"""
import json, queue, re, sys, threading, time, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sessions, messages, turns, listeners, boot = {}, {}, {}, set(), uuid.uuid4().hex[:8]
now = lambda: int(time.time() * 1000)

def tell(event):
    for listener in list(listeners): listener.put(event)

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *_: None

    def reply(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status); self.send_header("Content-Type", "application/json")
        if status != 204: self.send_header("Content-Length", str(len(data)))
        self.end_headers(); self.wfile.write(data)

    def stream(self, events):
        self.send_response(200); self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close"); self.end_headers(); self.close_connection = True
        for n, event in enumerate(events):
            frame = f"id: {boot}-{n}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n" if event else ": beat\n\n"
            self.wfile.write(frame.encode()); self.wfile.flush()

    def bus(self):
        mine = queue.Queue(); listeners.add(mine)
        try:
            yield {"type": "ready", "resumed": False}
            while True:
                try: yield mine.get(timeout=5)
                except queue.Empty: yield None
        finally: listeners.discard(mine)

    def turn(self, session, body):
        sid, mid, answer = session["id"], body.get("messageId") or uuid.uuid4().hex, uuid.uuid4().hex
        content = body.get("content") or {"text": body.get("prompt", "")}
        text = content["text"] if isinstance(content, dict) else " ".join(c.get("text", "") for c in content)
        message = lambda id, role, said, **more: {"id": id, "sessionId": sid, "role": role, "turnId": mid, "createdAt": now(), "content": {"type": "text", "text": said}, **more}
        turns[sid] = stopped = threading.Event()
        user = message(mid, "user", text); messages[sid].append(user)
        session.update(status="running", updatedAt=now()); tell({"type": "session_updated", "session": dict(session)})
        tell({"type": "message_created", "message": user}); yield {"type": "turn_started", "sessionId": sid, "messageId": mid}
        tell({"type": "message_created", "message": message(answer, "assistant", "")}); said = ""
        for word in re.findall(r"\s*\S+\s*", text):
            if stopped.is_set(): break
            piece = {"messageId": answer, "partId": answer + ".0", "offset": len(said), "delta": word}; said += word
            tell({"type": "message_delta", "sessionId": sid, "kind": "text", **piece}); yield {"type": "text_delta", **piece}
        error = {"code": "PROMPT_ABORTED", "message": "It was stopped."} if stopped.is_set() else None
        final = message(answer, "assistant", said, completedAt=now(), parts=[{"type": "text", "id": answer + ".0", "text": said}], **({"error": error} if error else {}))
        messages[sid].append(final); tell({"type": "message_updated", "message": final})
        session.update(status="idle" if error else "completed", updatedAt=now()); tell({"type": "session_updated", "session": dict(session)})
        yield {"type": "error", "error": error["message"], "code": error["code"], "status": "aborted"} if error else {"type": "message_done", "message": final, "status": "completed"}

    def route(self):
        path = self.path.split("?")[0].split("/")[2:]
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        what = (self.command, len(path), path[-1])
        if what == ("GET", 1, "events"): return self.stream(self.bus())
        if what == ("GET", 1, "session"): return self.reply(200, sorted(sessions.values(), key=lambda s: -s["updatedAt"]))
        if what == ("POST", 1, "session"):
            session = {"id": uuid.uuid4().hex, "title": body.get("title", ""), "engineId": "echo", "createdAt": now(), "updatedAt": now(), "status": "idle"}
            sessions[session["id"]], messages[session["id"]] = session, []
            tell({"type": "session_created", "session": dict(session)}); return self.reply(201, session)
        if path[0] != "session": return self.reply(404, {"error": {"code": "UNSUPPORTED", "message": "There is no such route."}})
        session = sessions.get(path[1])
        if not session: return self.reply(404, {"error": {"code": "SESSION_NOT_FOUND", "message": "There is no such session."}})
        if what == ("GET", 3, "message"): return self.reply(200, messages[session["id"]])
        if what == ("POST", 3, "message"): return self.stream(self.turn(session, body))
        if self.command == "DELETE" and len(path) == 2:
            if session["id"] in turns: turns[session["id"]].set()
            return self.reply(204)
        self.reply(404, {"error": {"code": "UNSUPPORTED", "message": "There is no such route."}})

    do_GET = do_POST = do_DELETE = route

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 4097), Handler)
server.daemon_threads = True
server.handle_error = lambda *_: None  # A client that left.
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
