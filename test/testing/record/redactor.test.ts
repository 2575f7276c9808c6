import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Redactor } from "../../../src/testing/record/redactor.ts";
import { isSecretName } from "../../../src/testing/record/secret-names.ts";

/** Letters that no pattern and no placeholder is made of. */
const harmless = fc.string({ unit: fc.constantFrom("x", "y", "Z", " ", "é", "\n", "👍") });
const escapable = fc.string({ unit: fc.constantFrom("x", " ", '"', "\\", "\t") });
const secret = fc.string({ unit: fc.constantFrom(...'QWJK0123/+"\\%é'), minLength: 8, maxLength: 30 });
const fieldName = fc.constantFrom("id", "text", "tokens", "maxTokens", "input", "url", "keys", "monkey");
const secretName = fc.constantFrom(
  "password",
  "apiKey",
  "api_key",
  "X-API-Key",
  "accessToken",
  "OPENCODE_SERVER_PASSWORD",
  "AWS_ACCESS_KEY_ID",
  "client-secret",
  "Authorization",
  "key",
);
const leaf = fc.oneof(harmless, escapable, fc.integer(), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fieldName, tie("tree"), { maxKeys: 4 }),
  ),
}));

/** The same with every text replaced: what is left is the shape. */
function shapeOf(value: unknown): unknown {
  if (typeof value === "string") return "text";
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shapeOf(item)]));
}

const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

describe("what is removed", () => {
  it("is what stands under a secret's name, and the same text everywhere else; the rest stays", () => {
    const cases = fc.tuple(tree, secretName, secret, harmless, harmless);
    fc.assert(
      fc.property(cases, ([around, name, value, before, after]) => {
        const body = { around, [name]: value, nested: [{ deep: before + value + after }] };
        const redactor = new Redactor();
        redactor.learn(body);
        const shown = redactor.value(body);
        expect(JSON.stringify(shown)).not.toContain(escaped(value));
        expect(shown).toEqual({
          around,
          [name]: "[removed]",
          nested: [{ deep: `${before}[removed]${after}` }],
        });
      }),
    );
  });

  it("leaves the shape of everything, and is nothing more the second time", () => {
    const anything = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(anything, secretName, anything, (body, name, under) => {
        const whole = { body, [name]: under };
        const redactor = new Redactor();
        redactor.learn(whole);
        const shown = redactor.value(whole);
        expect(redactor.value(shown)).toEqual(shown);
        expect(shapeOf(shown)).toEqual(shapeOf(whole));
      }),
    );
  });

  it("is not what is said of a secret: its schema, and where it comes from", () => {
    const origin = { source: "login", variables: ["ACME_API_KEY"] };
    const schema = { properties: { variables: { type: "array" } }, required: ["variables"] };
    const body = [{ credentials: origin }, { schemas: { credentials: schema } }];
    const redactor = new Redactor();
    redactor.learn(body);
    expect(redactor.value(body)).toEqual(body);
  });

  it("is removed from frames, which else stay as they were written", () => {
    fc.assert(
      fc.property(tree, secret, fc.constantFrom("\n", "\r\n", "\r"), (body, value, eol) => {
        const redactor = new Redactor();
        const frame = (data: unknown) => `id: 1${eol}event: x${eol}data: ${JSON.stringify(data)}${eol}${eol}`;
        const plain = frame(body);
        expect(redactor.frame(plain)).toBe(plain);
        const holding = frame({ body, password: value });
        redactor.learnFrame(holding);
        expect(redactor.frame(holding)).toBe(frame({ body, password: "[removed]" }));
        expect(redactor.frame(`: ${value}${eol}data: not {json} ${value}`)).not.toContain(value);
      }),
    );
  });

  it.each([
    ["sk-ant-api03-abcdefghijklmnop", "[removed]"],
    ["use ghp_16C7e42F292c6912E7710c838347Ae178B4a now", "use [removed] now"],
    ["AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "[removed]"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N", "[removed]"],
    ["curl -H 'Authorization: Bearer abc123def456'", "curl -H 'Authorization: Bearer [removed]'"],
    ["https://me:hunter2@engine.test/x", "https://[removed]@engine.test/x"],
    ["OPENAI_API_KEY=whatever123\nHOME=/root", "OPENAI_API_KEY=[removed]\nHOME=/root"],
    ['{"apiKey": "whatever"}', '{"apiKey": "[removed]"}'],
    ['"{\\"password\\":\\"hunter2\\"}"', '"{\\"password\\":\\"[removed]\\"}"'],
    ["/x?auth_token=abc&limit=5", "/x?auth_token=[removed]&limit=5"],
    ["-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\nafter", "[removed]\nafter"],
  ])("is known by its looks: %s", (text, shown) => expect(new Redactor().text(text)).toBe(shown));

  it.each([
    "ses_dedabf37dffeOxHJ8Ka6KFb1TC msg_000000000001QSjPqR8WnceZL6",
    "A basic understanding of bearer authentication: the token count is 12.",
    "task-force-of-seventeen-people",
    '{"tokens":{"input":20},"maxTokens":5,"tool":"bash"}',
  ])("is not what only looks a little like it: %s", (text) => expect(new Redactor().text(text)).toBe(text));

  it("is what headers prove, also without its scheme, and what cookies hold", () => {
    const redactor = new Redactor();
    const basic = btoa("opencode:correct horse");
    redactor.learnHeaders(
      new Headers({
        authorization: `Basic ${basic}`,
        cookie: "theme=dark; session=s3ss10n",
        accept: "text/plain",
      }),
    );
    const text = `${basic} correct horse correct%20horse s3ss10n text/plain`;
    expect(redactor.text(text)).toBe("[removed] [removed] [removed] [removed] text/plain");
  });

  it("is what variables hold that are called secrets, and in lists of variables everything", () => {
    const redactor = new Redactor();
    redactor.learnVariables({ ACME_API_KEY: "a-key-of-acme", HOME: "/home/somebody", SHORT_TOKEN: "true" });
    expect(redactor.text("a-key-of-acme /home/somebody true")).toBe("[removed] /home/somebody true");
    expect(redactor.value({ environment: { SEED: "1234" }, env: ["ACME_API_KEY"] })).toEqual({
      environment: { SEED: "[removed]" },
      env: ["ACME_API_KEY"],
    });
  });

  it("can be more", () => {
    const redactor = new Redactor({ names: ["Licence"], texts: ["Mrs. Smith", /\d{4}-\d{4}/] });
    expect(redactor.value({ licence: "abc", text: "Mrs. Smith (Mrs+ Smith): 1234-5678, 1-2" })).toEqual({
      licence: "[removed]",
      text: "[removed] (Mrs+ Smith): [removed], 1-2",
    });
  });
});

it.each([
  ["tokens", false],
  ["max_tokens", false],
  ["keyboard", false],
  ["monkey", false],
  ["KEY", true],
  ["setCookie", true],
  ["x-goog-api-key", true],
  ["GH_TOKEN", true],
])("%s is the name of a secret: %s", (name, isOne) => expect(isSecretName(name)).toBe(isOne));
