"""api/openapi.yaml as a judge: which operation a request is for, and whether request and answer are
what the file says. Strict: an answer may have no member that the file does not name."""
import copy
import json
import re
import warnings

import yaml

warnings.filterwarnings("ignore", category=DeprecationWarning)
import jsonschema  # noqa: E402

METHODS = ("get", "put", "post", "delete", "patch")


def close(schema):
    """Objects with named members may have no others."""
    if isinstance(schema, list):
        for each in schema:
            close(each)
    elif isinstance(schema, dict):
        named = isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema
        if named:
            schema["additionalProperties"] = False
        for each in schema.values():
            close(each)


class Wrong(Exception):
    """Somebody did not keep to the file."""


class Operation:
    def __init__(self, api, path, method, spec):
        self.api, self.path, self.method, self.spec = api, path, method.upper(), spec
        self.name = f"{self.method} {path}"
        self.is_admin = "servers" in api.document["paths"][path]
        self.statuses = {int(status) for status in spec["responses"]}
        self.parameters = [api.resolve(each) for each in spec.get("parameters", [])]
        self.query = {each["name"]: each for each in self.parameters if each["in"] == "query"}
        star = "path" in re.findall(r"{(\w+)}", path)
        pattern = re.sub(r"{\w+}", "(.+)" if star else "([^/]+)", path)
        self.regex = re.compile(pattern.replace(".", r"\.").replace(r"(\.+)", "(.+)") + r"\Z")

    def fill(self, value):
        return re.sub(r"{\w+}", lambda _: value, self.path)

    def body(self):
        """(content type, schema) of what it takes, or None."""
        if "requestBody" not in self.spec:
            return None
        content = self.api.resolve(self.spec["requestBody"])["content"]
        (kind, media), = content.items()
        return kind, media.get("schema")

    def check_request(self, path, query, body):
        parts = [part.split("=", 1) for part in query.split("&") if part]
        for name, _ in parts:
            if name not in self.query:
                raise Wrong(f"the query parameter {name} is not in the file")
        for parameter, value in zip([p for p in self.parameters if p["in"] == "path"],
                                    self.regex.match(path).groups()):
            self.api.validate(value, parameter["schema"], f"path {parameter['name']}", False)
        taken = self.body()
        if taken is None:
            if body:
                raise Wrong("a body where none is taken")
        elif taken[1] is not None:
            self.api.validate(json.loads(body), taken[1], "request body", False)

    def check_answer(self, status, headers, body):
        """headers: {lower-case name: value}; body: bytes, or None for an answer to HEAD."""
        if status not in self.statuses:
            raise Wrong(f"the status {status} is not in the file")
        answer = self.api.resolve(self.spec["responses"][str(status)])
        for name, spec in answer.get("headers", {}).items():
            schema = self.api.resolve(spec)["schema"]
            if name.lower() not in headers:
                raise Wrong(f"{status} without the header {name}")
            value = headers[name.lower()]
            integer = schema.get("type") == "integer" and re.fullmatch(r"\d+", value)
            self.api.validate(int(value) if integer else value, schema, name, True)
        content = answer.get("content")
        kind = headers.get("content-type", "").split(";")[0]
        if content is None:
            if kind or body:
                raise Wrong(f"{status} with a body ({kind})")
            return
        if kind not in content:
            raise Wrong(f"{status} as {kind or 'nothing'}, not {' or '.join(content)}")
        if body is None:
            return
        if kind.endswith("json"):
            try:
                value = json.loads(body)
            except ValueError as error:
                raise Wrong(f"{status} is no JSON: {error}") from error
        elif kind == "text/plain":
            value = body.decode()
        else:
            return
        self.api.validate(value, content[kind].get("schema", {}), f"{status} body", True)
        if kind == "application/problem+json" and value["status"] != status:
            raise Wrong(f"{status} says that it is {value['status']}")


class Api:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        if not str(self.document.get("openapi", "")).startswith("3.1."):
            raise Wrong(f"{path} is not OpenAPI 3.1")
        self.closed = copy.deepcopy(self.document)
        close(self.closed["components"]["schemas"])
        self.operations = [
            Operation(self, path, method, spec[method])
            for path, spec in self.document["paths"].items() for method in METHODS if method in spec
        ]
        # Literal paths before those with parameters, as /v1/workers/results before /v1/{x}/{y}.
        self.operations.sort(key=lambda each: each.path.count("{"))
        self.validators = {}

    def resolve(self, spec):
        while "$ref" in spec:
            at = self.document
            for part in spec["$ref"][2:].split("/"):
                at = at[part]
            spec = at
        return spec

    def find(self, method, path):
        method = "GET" if method == "HEAD" else method
        for each in self.operations:
            if each.method == method and each.regex.match(path):
                return each
        return None

    def validate(self, value, schema, what, closed):
        key = (json.dumps(schema, sort_keys=True), closed)
        if key not in self.validators:
            schema = copy.deepcopy(schema)
            if closed:
                close(schema)
            root = self.closed if closed else self.document
            validator = jsonschema.Draft202012Validator(
                schema, resolver=jsonschema.RefResolver("", root))
            self.validators[key] = validator
        error = jsonschema.exceptions.best_match(self.validators[key].iter_errors(value))
        if error is not None:
            where = "/".join(str(part) for part in error.absolute_path)
            raise Wrong(f"{what}: {where}: {error.message[:300]}")
