"""A /v1 server of the standard library alone: it says back what it is told. python3 server.py [port]"""
import json, queue, sys, time, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sessions, messages, listeners, boot = {}, {}, set(), uuid.uuid4().hex[:8]
new_id = lambda: uuid.uuid4().hex
now = lambda: int(time.time() * 1000)

def tell(type, **event):
    for listener in list(listeners): listener.put({"type": type, **event})

def bus():
    mine = queue.Queue()
    listeners.add(mine)
    try:
        yield {"type": "ready", "resumed": False}
        while True:
            try: yield mine.get(timeout=5)
            except queue.Empty: yield None  # A sign of life.
    finally: listeners.discard(mine)

def set_status(session, status):
    session.update(status=status, updatedAt=now())
    tell("session_updated", session=dict(session))

class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if data: self.send_header("Content-Type", "application/json")
        if status != 204: self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, code, message): self.answer(404, {"error": {"code": code, "message": message}})

    def stream(self, events):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number, event in enumerate(events):
            frame = event and f"id: {boot}-{number}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n"
            self.wfile.write((frame or ": alive\n\n").encode())

    def prompt(self, session, body):
        log, turn = messages[session["id"]], body.get("messageId") or new_id()
        content = body.get("content", [])
        parts = content if isinstance(content, list) else [content]
        text = body.get("prompt") or " ".join(part.get("text", "") for part in parts)
        about = {"sessionId": session["id"], "turnId": turn, "createdAt": now()}
        user = {"id": turn, "role": "user", "content": {"type": "text", "text": text}, **about}
        reply = {**user, "id": new_id(), "role": "assistant"}
        piece = {"messageId": reply["id"], "partId": reply["id"] + ".0", "offset": 0, "delta": text}
        known = [message for message in log if message["turnId"] == turn]
        if known: reply = known[-1]  # It was sent before: that is no second prompt.
        else:
            log.append(user)
            tell("message_created", message=user)
        if body.get("noReply"): return self.answer(200, user)
        if not known:
            set_status(session, "running")
            tell("message_created", message={**reply, "content": {"type": "text", "text": ""}})
            tell("message_delta", sessionId=session["id"], kind="text", **piece)
            reply |= {"completedAt": now(), "parts": [{"type": "text", "id": piece["partId"], "text": text}]}
            log.append(reply)
            tell("message_updated", message=reply)
            set_status(session, "completed")
        if body.get("async"): return self.answer(202, {"messageId": turn})
        started = {"type": "turn_started", "sessionId": session["id"], "messageId": turn}
        done = {"type": "message_done", "message": reply, "status": "completed"}
        self.stream([started, {"type": "text_delta", **piece}, done])

    def route(self):
        _, _, *path = self.path.split("?")[0].split("/")
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        match self.command, path:
            case "GET", ["events"]: return self.stream(bus())
            case "GET", ["session"]:
                return self.answer(200, sorted(sessions.values(), key=lambda session: -session["updatedAt"]))
            case "POST", ["session"]:
                session = {"id": new_id(), "title": body.get("title", ""), "engineId": "echo", "status": "idle"}
                session |= {"createdAt": now(), "updatedAt": now()}
                sessions[session["id"]], messages[session["id"]] = session, []
                tell("session_created", session=session)
                return self.answer(201, session)
            case _, ["session", id, *_] if id not in sessions:
                return self.refuse("SESSION_NOT_FOUND", f"There is no session {id}.")
            case "GET", ["session", id, "message"]: return self.answer(200, messages[id])
            case "POST", ["session", id, "message"]: return self.prompt(sessions[id], body)
            case "DELETE", ["session", _]: return self.answer(204)  # It is never at work: it answers at once.
        self.refuse("UNSUPPORTED", "There is no such route.")

    do_GET = do_POST = do_DELETE = route
    log_message = lambda *_: None

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 4097), Engine)
server.daemon_threads = True
server.handle_error = lambda *_: None  # A client that left.
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
