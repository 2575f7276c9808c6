import { describe, expect, it } from "vitest";
import {
  answer,
  asks,
  busy,
  created,
  delta,
  done,
  failed,
  idle,
  listener,
  part,
  retrying,
  snapshot,
  started,
  text,
  told,
  tool,
  user,
} from "./facts.ts";

/** A session in the middle of its first turn, with half a word said, when the wire drops. */
function cutOff() {
  const it = listener();
  it.tell(created, started("t1"), told(user("t1", 1)), busy, told(answer("a1", "t1", 2)));
  it.tell(part("a1", text("p", "", false)), delta("a1", "p", "Hel"));
  it.loseTouch();
  return it;
}

describe("meeting a session", () => {
  it("is no event: nothing happened to it", () => {
    const it = listener();
    it.read(snapshot(false, [user("t1", 1), answer("a1", "t1", 2, done("stop"))]));
    expect(it.events).toEqual([]);
    // It is told how the session rests, all the same.
    expect(it.state).toMatchObject({ known: true, newestMessageId: "a1", session: { status: "completed" } });
    expect(it.state.messages.size).toBe(0);
  });

  it("opens the turn that runs, with what was said of it so far", () => {
    const it = listener();
    const tools = { ...answer("a1", "t1", 2, done("tool_calls")), parts: [tool("c", "success")] };
    it.read(snapshot(true, [user("t1", 1), tools, answer("a2", "t1", 3)], ["per_1"]));
    expect([...it.state.openTurns]).toEqual(["t1"]);
    expect([...it.state.messages.keys()]).toEqual(["t1", "a1", "a2"]);
    expect(it.state.session).toMatchObject({ status: "running", activity: "awaiting_permission" });
    it.tell(told(answer("a2", "t1", 3, done("stop"))), idle);
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.events.at(-1)).toMatchObject({ messages: [{ id: "a1" }, { id: "a2" }] });
  });

  it("leaves out the requests that an engine lists of an idle session", () => {
    const it = listener();
    it.read(snapshot(false, [], ["per_1"]));
    expect(it.state.permissions.size).toBe(0);
    expect(it.events).toEqual([]);
  });
});

describe("a turn that ended in a gap", () => {
  it("is told with all the messages that were missed", () => {
    const it = cutOff();
    const tools = answer("a1", "t1", 2, { ...done("tool_calls"), parts: [text("p", "Hello", true)] });
    const last = answer("a2", "t1", 3, { ...done("stop"), parts: [text("q", "Bye", true)] });
    it.read(snapshot(false, [user("t1", 1), tools, last]));
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.events.at(-1)).toMatchObject({
      messages: [
        { id: "a1", content: { text: "Hello" } },
        { id: "a2", content: { text: "Bye" } },
      ],
    });
    expect(it.state.session.status).toBe("completed");
  });

  it("takes the outcome of its last message, not of the one before", () => {
    const it = cutOff();
    const rejected = answer("a1", "t1", 2, { ...done("tool_calls"), parts: [tool("c", "error")] });
    it.read(snapshot(false, [rejected, answer("a2", "t1", 3, failed("AUTH_REQUIRED"))]));
    expect(it.ends()).toEqual(["t1 error"]);
    expect(it.state.session.status).toBe("error");
  });

  it("is superseded where a later one was answered instead", () => {
    const it = cutOff();
    it.tell(told(user("t2", 3)), started("t2"), told(user("t3", 4)), started("t3"));
    const messages = [answer("a1", "t1", 2, done("stop")), answer("a3", "t3", 5, done("stop"))];
    it.read(snapshot(false, messages));
    expect(it.ends()).toEqual(["t1 completed", "t2 superseded", "t3 completed"]);
    expect(it.state.session.status).toBe("completed");
  });

  it("is lost only after the last reading, with what was seen of it", () => {
    const it = cutOff();
    const half = [user("t1", 1), answer("a1", "t1", 2, { parts: [text("p", "", false)] })];
    it.read(snapshot(false, half), false);
    expect(it.ends()).toEqual([]);
    expect(it.state.session.status).toBe("running");
    it.read(snapshot(false, half), true);
    expect(it.ends()).toEqual(["t1 lost"]);
    expect(it.events.at(-1)).toMatchObject({
      error: { code: "TURN_LOST" },
      messages: [{ id: "a1", complete: false, content: { text: "Hel" } }],
    });
    expect(it.state.session.status).toBe("error");
    expect(it.state.session).not.toHaveProperty("activity");
  });

  it("goes on where it still runs", () => {
    const it = cutOff();
    it.read(snapshot(true, [user("t1", 1), answer("a1", "t1", 2)]));
    it.tell(told(answer("a1", "t1", 2, done("stop"))), idle);
    // The gap has swallowed the rest of its text: it does not end before that is read.
    expect(it.ends()).toEqual([]);
    const whole = { ...answer("a1", "t1", 2, done("stop")), parts: [text("p", "Hello", true)] };
    it.read(snapshot(false, [user("t1", 1), whole]));
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.events.at(-1)).toMatchObject({ messages: [{ content: { text: "Hello" } }] });
    expect(it.count("message_created")).toBe(2);
  });

  it("ends at once where the whole text is told after all", () => {
    const it = cutOff();
    it.read(snapshot(true, [user("t1", 1), answer("a1", "t1", 2)]));
    it.tell(part("a1", text("p", "Hello", true)), told(answer("a1", "t1", 2, done("stop"))), idle);
    expect(it.ends()).toEqual(["t1 completed"]);
  });
});

describe("requests over a gap", () => {
  it("that were answered meanwhile are dropped, and the session no longer waits", () => {
    const it = cutOff();
    it.tell(asks("per_1"), asks("per_2"));
    it.read(snapshot(true, [], ["per_2"]));
    expect(it.events.at(-1)).toMatchObject({ permissionId: "per_1", decision: "dropped" });
    expect(it.state.session.activity).toBe("awaiting_permission");
    it.read(snapshot(true));
    expect(it.state.permissions.size).toBe(0);
    expect(it.state.session.activity).not.toBe("awaiting_permission");
  });

  it("that the engine can't list stay, while it is at work", () => {
    const it = cutOff();
    it.tell(asks("per_1"));
    it.read({ ...snapshot(true), permissions: undefined });
    expect([...it.state.permissions.keys()]).toEqual(["per_1"]);
    expect(it.state.session.activity).toBe("awaiting_permission");
    it.read({ ...snapshot(false), permissions: undefined });
    expect(it.state.permissions.size).toBe(0);
  });

  it("that came meanwhile are told once", () => {
    const it = cutOff();
    it.read(snapshot(true, [], ["per_1"]));
    it.tell(asks("per_1"));
    expect(it.count("permission_requested")).toBe(1);
  });

  it.each([true, false])(
    "that were read, and answered before the wire tells of them, are not asked again (running: %s)",
    (running) => {
      const it = cutOff();
      it.read(snapshot(true, [], ["per_1"]));
      it.read(snapshot(running));
      it.tell(asks("per_1"));
      expect(it.count("permission_requested")).toBe(1);
      expect(it.state.permissions.size).toBe(0);
    },
  );

  it("are asked again where only a stale word of an idle engine had dropped them", () => {
    const it = cutOff();
    it.read(snapshot(true, [], ["per_1"]));
    it.tell(idle);
    it.read(snapshot(true, [], ["per_1"]));
    expect(it.count("permission_requested")).toBe(2);
    expect(it.state.permissions.size).toBe(1);
  });
});

describe("parts over a gap", () => {
  it("stand in the order of the record, also those that were missed", () => {
    const it = cutOff();
    it.tell(part("a1", text("q", " second", true)), part("a1", text("r", " third", true)));
    const parts = [text("p", "Hello", true), text("o", " first", true), text("q", " second", true)];
    it.read(snapshot(true, [answer("a1", "t1", 2, { parts })]));
    expect(it.message("a1")?.content.text).toBe("Hello first second third");
  });
});

describe("a part that is only heard of by what follows of it", () => {
  const later = [part("a1", text("q", "", false)), part("a1", text("q", " later", true))] as const;

  it("has its place before those that begin after it", () => {
    const it = cutOff();
    it.tell(part("a1", text("p", "Hello", true)), delta("a1", "o", "dl"), ...later, delta("a1", "o", "e"));
    it.tell(part("a1", text("o", " middle", true)));
    expect(it.message("a1")?.content.text).toBe("Hello middle later");
  });

  it("is read before its turn ends", () => {
    const it = cutOff();
    it.read(snapshot(true, [user("t1", 1), answer("a1", "t1", 2)]));
    const whole = [text("p", "Hello", true), text("o", " middle", true)];
    it.tell(
      part("a1", text("p", "Hello", true)),
      delta("a1", "o", "dl"),
      told(answer("a1", "t1", 2, done("stop"))),
      idle,
    );
    expect(it.ends()).toEqual([]);
    it.read(snapshot(false, [user("t1", 1), { ...answer("a1", "t1", 2, done("stop")), parts: whole }]));
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.events.at(-1)).toMatchObject({ messages: [{ content: { text: "Hello middle" } }] });
  });

  it("is forgotten where the record of the whole message has none", () => {
    const it = cutOff();
    it.tell(delta("a1", "o", "dl"));
    const whole = [text("p", "Hello", true)];
    it.read(snapshot(false, [user("t1", 1), { ...answer("a1", "t1", 2, done("stop")), parts: whole }]));
    expect(it.events.at(-1)).toMatchObject({ messages: [{ parts: [{ id: "p" }] }] });
  });
});

describe("text over a gap", () => {
  const half = (value: string) => answer("a1", "t1", 2, { parts: [text("p", value, false)] });
  const whole = (value: string) => part("a1", text("p", value, true));

  it("is held until its whole is told, and then comes as one delta", () => {
    const it = cutOff();
    it.read(snapshot(true, [half("")]));
    it.tell(delta("a1", "p", "wor"), delta("a1", "p", "ld"));
    expect(it.deltas()).toEqual(["Hel"]);
    it.tell(whole("Hello world"));
    expect(it.deltas()).toEqual(["Hel", "lo world"]);
    expect(it.message("a1")?.content.text).toBe("Hello world");
  });

  it("is held also where the reading said nothing of it", () => {
    const it = cutOff();
    it.read(snapshot(true));
    it.tell(delta("a1", "p", "ld"));
    expect(it.deltas()).toEqual(["Hel"]);
  });

  it("that grew in the gap is shown as far as it was read, and then held", () => {
    const it = cutOff();
    it.read(snapshot(true, [half("Hello")]));
    it.tell(delta("a1", "p", "?"), whole("Hello!"));
    expect(it.deltas()).toEqual(["Hel", "lo", "!"]);
  });

  it("is not held where there was no gap: a reading may come at any time", () => {
    const it = listener();
    it.tell(
      created,
      busy,
      told(answer("a1", "t1", 2)),
      part("a1", text("p", "", false)),
      delta("a1", "p", "Hel"),
    );
    it.read(snapshot(true, [half("")]));
    it.tell(delta("a1", "p", "lo"));
    expect(it.deltas()).toEqual(["Hel", "lo"]);
  });

  it("is told anew where the engine's text is another than what was shown", () => {
    const it = cutOff();
    it.read(snapshot(true, [half("")]));
    it.tell(whole("Goodbye"));
    expect(it.deltas()).toEqual(["Hel"]);
    expect(it.events.at(-1)).toMatchObject({
      type: "message_updated",
      message: { content: { text: "Goodbye" } },
    });
  });

  it("whose beginning was missed is held too, from its first sight on", () => {
    const it = listener();
    it.read(snapshot(true, [user("t1", 1), half("")]));
    it.tell(delta("a1", "p", "lo"));
    expect(it.message("a1")?.content.text).toBe("");
    it.tell(whole("Hello"));
    expect(it.deltas()).toEqual(["Hello"]);
  });

  it("that is seen in part is shown, and the rest held", () => {
    const it = listener();
    it.read(snapshot(true, [user("t1", 1), half("Hel")]));
    it.tell(delta("a1", "p", "?"));
    expect(it.message("a1")?.content.text).toBe("Hel");
    it.tell(whole("Hello"));
    expect(it.deltas()).toEqual(["lo"]);
  });

  it("goes on live where the part begins after the gap", () => {
    const it = cutOff();
    it.read(snapshot(true, [half(""), answer("a2", "t1", 3)]));
    it.tell(part("a2", text("q", "", false)), delta("a2", "q", "Live"));
    expect(it.deltas()).toEqual(["Hel", "Live"]);
  });

  it("goes on live where the reading was older than the part's first event", () => {
    const it = listener();
    it.read(snapshot(true, [user("t1", 1), half("")]));
    it.tell(part("a1", text("p", "", false)), delta("a1", "p", "Live"));
    expect(it.deltas()).toEqual(["Live"]);
  });

  it("that was whole before the gap is not touched by it", () => {
    const it = listener();
    it.tell(created, busy, told(answer("a1", "t1", 2)), part("a1", text("p", "Hello", true)));
    it.loseTouch();
    it.read(snapshot(true, [answer("a1", "t1", 2, { parts: [text("p", "Hello", true)] })]));
    it.tell(delta("a1", "p", "!"));
    expect(it.deltas()).toEqual(["Hello"]);
  });
});

describe("a retry over a gap", () => {
  it("is over when the engine works again", () => {
    const it = cutOff();
    it.tell(retrying(1));
    it.read(snapshot(true));
    it.tell(busy);
    expect(it.state.session.activity).toBe("thinking");
    expect(it.state.session).not.toHaveProperty("retry");
  });
});

describe("reading the same twice", () => {
  it("tells nothing new", () => {
    const messages = [
      user("t1", 1),
      answer("a1", "t1", 2, { parts: [text("p", "Hello", true), tool("c", "running")] }),
    ];
    const it = listener();
    it.read(snapshot(true, messages, ["per_1"]));
    it.events.length = 0;
    it.read(snapshot(true, messages, ["per_1"]));
    expect(it.events).toEqual([]);
  });
});

describe("several parts of a message that changed in a gap", () => {
  it("are told one by one: no delta repeats what a whole message has shown", () => {
    const it = cutOff();
    it.read(
      snapshot(true, [answer("a1", "t1", 2, { parts: [text("p", "Other", true), text("q", "New", true)] })]),
    );
    const told = it.events.flatMap((event) => {
      if (event.type === "message_delta") return [`+ ${event.delta}`];
      return event.type === "message_updated" ? [`= ${event.message.content.text}`] : [];
    });
    expect(told).toEqual(["= ", "+ Hel", "= Other", "+ New", "= OtherNew"]);
  });
});

describe("a turn that took over in a gap", () => {
  it("ends those before it, although the engine is not idle", () => {
    const it = cutOff();
    it.tell(told(user("t2", 3)), started("t2"), told(user("t3", 4)), started("t3"), told(user("t4", 5)));
    it.read(snapshot(true, [answer("a1", "t1", 2, done("stop")), answer("a3", "t3", 6), user("t4", 5)]));
    expect(it.ends()).toEqual(["t1 completed", "t2 superseded"]);
    expect(it.state.session.status).toBe("running");
  });

  it("is judged by all that was read, not by what stands first in it", () => {
    const it = listener();
    it.tell(created, started("t2"), started("t1"), busy);
    it.read(snapshot(false, [answer("a1", "t1", 2, done("stop")), answer("a2", "t2", 3, done("stop"))]));
    expect(it.ends()).toEqual(["t2 completed", "t1 completed"]);
    const other = listener();
    other.tell(created, started("t2"), started("t1"), busy);
    other.read(snapshot(true, [answer("a1", "t1", 2), answer("a2", "t2", 3)]));
    expect(other.ends()).toEqual([]);
  });
});
