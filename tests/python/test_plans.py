"""Plans against a backend that answers as it is told to: the steps around the bytes, and how a call ends."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import dropoff
import pytest
from dropoff import DropoffError, InvalidInputError, Storage, StoredObject, UnsafeTargetError

DATA = bytes(index % 251 for index in range(1000))
CUT = (0, b"")


class CutOff(NamedTuple):
    """A success whose body ends too early."""

    said: bytes


class Seen(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Backend:
    """Answers by path: a status and a body, or a list of them for one request after the other. An event is
    waited for, and no answer is given; a function is called for one."""

    url: str
    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    headers: dict[str, str] = field(default_factory=dict)
    has_etags: bool = True

    def asked(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.seen]

    def body(self, path: str) -> bytes:
        [body] = [request.body for request in self.seen if request.path == path]
        return body

    def storage(self) -> Storage:
        return Storage(trusted_storage=[self.url], backoff_base=0.001, max_attempts=3)

    def send(self, plan: Any, **more: Any) -> StoredObject:
        return self.storage().send(plan, DATA, **more)

    def fails(self, plan: Any, **more: Any) -> DropoffError:
        with pytest.raises(DropoffError) as caught:
            self.send(plan, **more)
        return caught.value


@pytest.fixture
def backend() -> Iterator[Backend]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            path = self.path.partition("?")[0]
            names = {name.lower() for name in self.headers}
            headers = {name: ", ".join(self.headers.get_all(name, [])) for name in names}
            here.seen.append(Seen(self.command, path, headers, body))
            answer = here.answers.get(path, (200, b""))
            if isinstance(answer, list):
                answer = answer.pop(0)
            here.arrived.set()
            if isinstance(answer, threading.Event):
                answer.wait(60)
                answer = CUT
            if callable(answer):
                answer = answer()
            more = 0
            if isinstance(answer, CutOff):
                answer, more = (200, answer.said), 1
            status, said = answer
            if answer == CUT:
                self.close_connection = True
                return
            self.send_response(status)
            # That of a form would be the file's.
            if here.has_etags and "multipart" not in self.headers.get("Content-Type", ""):
                self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.send_header("Set-Cookie", "c=1")
            self.send_header("Content-Length", str(len(said) + more))
            self.end_headers()
            self.close_connection = bool(more)
            self.wfile.write(said)

        do_PUT = do_POST = do_DELETE = do_PATCH = _handle

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Backend(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


def parts(backend: Backend, **more: Any) -> dict[str, Any]:
    """Two parts, and the steps around them."""
    steps = {name: f"{backend.url}/{name}" for name in ("init", "commit", "abort", "verify")}
    return {"parts": [f"{backend.url}/1", f"{backend.url}/2"], "part_size": 600, **steps, **more}


def test_steps_are_made_in_their_order(backend: Backend) -> None:
    backend.answers["/commit"] = (200, b'{"id": 7, "url": "https://x.example/?a=1"}')
    stored = backend.send(parts(backend, commit={"url": f"{backend.url}/commit", "format": "json"}))
    asked = backend.asked()
    assert asked[0] == ("POST", "/init") and asked[3:] == [("POST", "/commit"), ("POST", "/verify")]
    assert sorted(asked[1:3]) == [("PUT", "/1"), ("PUT", "/2")]
    assert backend.body("/1") + backend.body("/2") == DATA
    etags = [hashlib.md5(DATA[:600]).hexdigest(), hashlib.md5(DATA[600:]).hexdigest()]
    listed = [
        {"part_number": number, "etag": etag, "bytes": size}
        for number, etag, size in zip((1, 2), etags, (600, 400), strict=True)
    ]
    assert json.loads(backend.body("/commit")) == {"parts": listed}
    assert [part.etag for part in stored.parts] == etags
    assert stored.verified and stored.verified_by == "md5" and stored.attempts == 2
    reply = stored.reply
    assert reply is not None and reply.status == 200 and json.loads(reply.body)["id"] == 7
    assert "etag" in reply.headers and "set-cookie" not in reply.headers


def test_the_list_of_parts_in_xml(backend: Backend) -> None:
    done = b"<CompleteMultipartUploadResult><ETag>&quot;abc-2&quot;</ETag></CompleteMultipartUploadResult>"
    backend.answers["/k"] = (200, done)
    stored = backend.send(parts(backend, commit=f"{backend.url}/k?uploadId=u"))
    first, second = (part.etag for part in stored.parts)
    wanted = (
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Part><PartNumber>1</PartNumber><ETag>&quot;{first}&quot;</ETag></Part>"
        f"<Part><PartNumber>2</PartNumber><ETag>&quot;{second}&quot;</ETag></Part></CompleteMultipartUpload>"
    )
    assert backend.body("/k").decode() == wanted
    assert stored.etag == "abc-2"


def test_the_etag_of_a_reply_is_not_the_objects(backend: Backend) -> None:
    stored = backend.send(parts(backend))
    assert stored.etag is None and stored.reply is not None and "etag" in stored.reply.headers
    assert backend.storage().post(f"{backend.url}/p", DATA).etag is None
    assert backend.send(f"{backend.url}/k").etag == hashlib.md5(DATA).hexdigest()


@pytest.mark.parametrize("said", [b"", b" \n ", b"<?xml version='1.0'?>\n  ", b'{"ok": '])
def test_a_commit_that_is_cut_off_is_no_success(backend: Backend, said: bytes) -> None:
    """S3 answers 200 at once, and says what became of it when it knows."""
    backend.answers["/commit"] = CutOff(said)
    error = backend.fails(parts(backend))
    assert (error.kind, error.outcome) == ("network", "unknown") and "cut off" in error.message
    assert backend.asked().count(("POST", "/commit")) == 3 and ("DELETE", "/abort") not in backend.asked()


def test_a_commit_that_is_answered_with_a_redirect_may_have_been_made(backend: Backend) -> None:
    backend.answers["/commit"] = (302, b"")
    error = backend.fails(parts(backend))
    assert error.outcome == "unknown" and ("DELETE", "/abort") not in backend.asked()


def test_s3_says_that_it_has_put_the_parts_together(backend: Backend) -> None:
    backend.answers["/k"] = (200, b"")
    error = backend.fails(parts(backend, commit=f"{backend.url}/k?uploadId=u"))
    assert error.outcome == "unknown" and not error.retryable and error.details[0]["field"] == "/commit"
    assert ("DELETE", "/abort") not in backend.asked()


def test_an_error_inside_the_success_of_a_commit_is_one(backend: Backend) -> None:
    failed = b"<Error><Code>InternalError</Code><Message>again</Message></Error>"
    backend.answers["/commit"] = [(200, failed), (200, b"<CompleteMultipartUploadResult/>")]
    backend.send(parts(backend))
    assert backend.asked().count(("POST", "/commit")) == 2
    backend.answers["/commit"] = (200, b"<Error><Code>InvalidPart</Code></Error>")
    error = backend.fails(parts(backend))
    assert error.service_code == "InvalidPart" and error.outcome == "not_completed"
    assert error.cleanup == "done" and error.details[0]["field"] == "/commit"
    assert backend.asked()[-1] == ("DELETE", "/abort")


def test_what_failed_among_the_parts_is_aborted(backend: Backend) -> None:
    backend.answers["/2"] = (403, b"<Error><Code>AccessDenied</Code></Error>")
    error = backend.fails(parts(backend))
    assert (error.kind, error.outcome, error.cleanup) == ("storage_refused", "not_completed", "done")
    # Not the last one: the server may come to a part that was under way only then.
    assert ("DELETE", "/abort") in backend.asked() and ("POST", "/commit") not in backend.asked()
    # There is nothing of it any more.
    backend.answers["/abort"] = (404, b"<Error><Code>NoSuchUpload</Code></Error>")
    assert backend.fails(parts(backend)).cleanup == "done"
    backend.answers["/abort"] = (403, b"")
    assert backend.fails(parts(backend)).cleanup == "failed"


@pytest.mark.parametrize("begun", [True, False])
def test_what_was_aborted_cannot_be_sent_again_unless_the_plan_begins_anew(
    backend: Backend, begun: bool
) -> None:
    backend.answers["/2"] = (503, b"")
    plan = parts(backend) if begun else parts(backend, init=None)
    error = backend.fails(plan)
    assert (error.outcome, error.cleanup, error.retryable) == ("not_completed", "done", begun)
    assert ("ask for a new plan" in error.message) is not begun


def test_a_cancel_among_the_parts_aborts_them(backend: Backend) -> None:
    reached, go = threading.Event(), threading.Event()

    def hang() -> Any:
        reached.set()
        go.wait(60)
        return CUT

    backend.answers["/2"] = hang
    job = backend.storage().start_send(parts(backend, init=None), DATA)
    assert reached.wait(60)
    job.cancel()
    with pytest.raises(DropoffError) as caught:
        job.wait()
    go.set()
    error = caught.value
    assert (error.kind, error.outcome, error.cleanup) == ("cancelled", "not_completed", "done")
    assert not error.retryable


def test_other_bytes_than_the_plan_is_for_are_no_success(backend: Backend, tmp_path: Path) -> None:
    """A file is read anew for each try."""
    source = tmp_path / "source"

    def rewrite() -> Any:
        source.write_bytes(bytes(len(DATA)))
        return (503, b"")

    promised = {"sha256": hashlib.sha256(DATA).hexdigest()}
    for check in ("auto", False):
        storage = Storage(trusted_storage=[backend.url], backoff_base=0.001, integrity_check=check)
        source.write_bytes(DATA)
        backend.answers["/k"] = [rewrite, (200, b"")]
        with pytest.raises(DropoffError) as caught:
            storage.send({"url": f"{backend.url}/k"} | promised, source)
        assert (caught.value.kind, caught.value.outcome) == ("source_changed", "completed")
        source.write_bytes(DATA)
        backend.answers["/k"] = [rewrite, (200, b"")]
        with pytest.raises(DropoffError) as caught:
            storage.send({"url": f"{backend.url}/k", "verify": f"{backend.url}/verify"} | promised, source)
        assert (caught.value.kind, caught.value.outcome) == ("source_changed", "not_completed")
        source.write_bytes(DATA)
        backend.answers["/1"] = [rewrite, (200, b"")]
        with pytest.raises(DropoffError) as caught:
            storage.send(parts(backend) | promised, source)
        assert caught.value.kind == "source_changed" and caught.value.cleanup == "done"
    assert not {"/commit", "/verify"} & {path for _, path in backend.asked()}
    assert backend.send({"url": f"{backend.url}/n"} | promised).verified


def test_a_part_that_nothing_shows_to_be_stored_is_told(backend: Backend) -> None:
    backend.has_etags = False
    plan = parts(backend)
    [warning] = backend.send(plan).warnings
    assert "neither an ETag" in warning
    # Whoever completes the upload later needs its ETag.
    plan = {"parts": [f"{backend.url}/k?uploadId=u&partNumber=1"]}
    assert "gave no ETag" in backend.fails(plan).message


def test_a_list_of_azures_blocks_in_json_needs_no_etags(backend: Backend) -> None:
    backend.has_etags, backend.headers = False, {"x-ms-request-id": "r"}
    block = f"{backend.url}/b?comp=block&blockid=AAAA"
    backend.send({"parts": [block], "commit": {"url": f"{backend.url}/commit", "format": "json"}})
    assert json.loads(backend.body("/commit"))["parts"][0]["etag"] == ""


def test_a_commit_may_be_signed_with_the_checksum_of_the_object(backend: Backend) -> None:
    checksum = {"x-amz-checksum-crc64nvme": base64.b64encode(bytes(range(8))).decode()}
    backend.send(parts(backend, commit={"url": f"{backend.url}/commit", "headers": checksum}))
    md5 = {"Content-MD5": base64.b64encode(hashlib.md5(b"another").digest()).decode()}
    commit = {"url": f"{backend.url}/commit", "headers": md5, "body": "b"}
    error = backend.fails(parts(backend, commit=commit))
    assert "content-md5" in error.message.lower()


def test_a_commit_whose_answer_is_lost_is_unknown_and_not_aborted(backend: Backend) -> None:
    backend.answers["/commit"] = CUT
    error = backend.fails(parts(backend, init=None))
    assert error.outcome == "unknown" and ("DELETE", "/abort") not in backend.asked()
    assert not error.retryable and "ask for a new plan" in error.message
    # Three tries, and one more where the first found its connection closed.
    assert backend.asked().count(("POST", "/commit")) in (3, 4)
    # Nobody knows which of them was done.
    backend.answers["/commit"] = [CUT, (404, b"<Error><Code>NoSuchUpload</Code></Error>")]
    error = backend.fails(parts(backend))
    assert error.outcome == "unknown" and ("DELETE", "/abort") not in backend.asked()


def test_a_verify_that_is_refused_is_no_success(backend: Backend) -> None:
    backend.answers["/verify"] = (422, b'{"message": "no"}')
    error = backend.fails({"url": f"{backend.url}/k", "verify": f"{backend.url}/verify"})
    assert error.outcome == "not_completed" and error.details[0]["field"] == "/verify"
    assert "storage has the bytes" in error.message


def test_a_post_is_not_sent_again_once_it_may_have_been_handled(backend: Backend) -> None:
    backend.answers["/p"] = CUT
    with pytest.raises(DropoffError) as caught:
        backend.storage().post(f"{backend.url}/p", DATA)
    assert caught.value.outcome == "unknown" and not caught.value.retryable and len(backend.seen) == 1
    backend.answers["/p"] = (202, b"taken")
    stored = backend.storage().post(f"{backend.url}/p", DATA, headers={"Content-Type": "a/b"})
    assert stored.reply is not None and (stored.reply.status, stored.reply.body) == (202, "taken")
    assert not stored.warnings and backend.seen[-1].headers["content-type"] == "a/b"
    # A service's own word for failure, inside of a success.
    backend.answers["/p"] = (200, b'{"ok": false, "error": "not_here"}')
    with pytest.raises(DropoffError, match="not_here"):
        backend.storage().post(f"{backend.url}/p", DATA)


def test_the_etag_of_the_reply_to_a_post_is_compared_with_nothing(backend: Backend) -> None:
    """Frameworks make it of their reply: Rack::ETag, Django's ConditionalGetMiddleware."""
    backend.has_etags = False
    backend.headers = {"ETag": f'W/"{32 * "0"}"', "x-amz-checksum-crc32": "AAAAAA=="}
    stored = backend.storage().post(f"{backend.url}/p", DATA)
    assert len(backend.seen) == 1 and not stored.verified


@pytest.mark.parametrize("answer", [(302, b""), (303, b""), (500, b""), CutOff(b'{"ok": '), CutOff(b"")])
def test_a_post_that_may_have_been_handled_is_unknown(backend: Backend, answer: Any) -> None:
    backend.answers["/p"] = answer
    with pytest.raises(DropoffError) as caught:
        backend.storage().post(f"{backend.url}/p", DATA)
    assert caught.value.outcome == "unknown" and not caught.value.retryable and len(backend.seen) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_that_is_to_be_made_elsewhere_was_not_handled(backend: Backend, status: int) -> None:
    backend.answers["/p"] = (status, b"")
    with pytest.raises(DropoffError) as caught:
        backend.storage().post(f"{backend.url}/p", DATA)
    assert caught.value.outcome == "not_completed" and not caught.value.retryable


def test_a_post_that_was_taken_is_not_told_as_repeatable_by_what_comes_after_it(backend: Backend) -> None:
    backend.answers["/verify"] = (503, b"")
    plan = {"method": "POST", "url": f"{backend.url}/p", "verify": f"{backend.url}/verify"}
    error = backend.fails(plan)
    assert error.outcome == "unknown" and not error.retryable and "taken twice" in error.message
    # Of a PUT it is.
    error = backend.fails(plan | {"method": "PUT"})
    assert error.retryable
    # Of parts that were put together it is not, unless the plan begins anew.
    assert backend.fails(parts(backend)).retryable
    error = backend.fails(parts(backend, init=None))
    assert not error.retryable and "new plan" in error.message


@pytest.mark.parametrize("staged", [True, False])
def test_parts_that_are_posted_may_have_been_taken(backend: Backend, staged: bool) -> None:
    steps = {"commit": f"{backend.url}/commit"} if staged else {}
    posts = [{"method": "POST", "url": f"{backend.url}/{number}"} for number in (1, 2)]
    plan = {"parts": posts, "part_size": 600} | steps
    # A refusal of one, and the other is taken; and one under way when the call is stopped.
    backend.answers["/2"] = (403, b"")
    error = backend.fails(plan)
    assert error.outcome == "unknown" and not error.retryable
    reached, go = threading.Event(), threading.Event()

    def hang() -> Any:
        reached.set()
        go.wait(60)
        return CUT

    backend.answers["/2"] = hang
    job = backend.storage().start_send(plan, DATA)
    assert reached.wait(60)
    job.cancel()
    with pytest.raises(DropoffError) as caught:
        job.wait()
    go.set()
    assert caught.value.outcome == "unknown" and not caught.value.retryable
    # An abort removes them.
    backend.answers["/2"] = (403, b"")
    error = backend.fails(plan | {"commit": f"{backend.url}/commit", "abort": f"{backend.url}/abort"})
    assert (error.outcome, error.cleanup, error.retryable) == ("not_completed", "done", False)


def test_a_token_alone_is_hidden_too(backend: Backend) -> None:
    """Libraries quote it without its scheme."""
    token = "canary-canary-canary"
    verify = {
        "url": f"{backend.url}/verify",
        "headers": {"Authorization": f"Bearer {token}"},
        "body": {"session_token": "canary-of-body", "key": "a-key-of-the-object-and-no-secret"},
    }
    said = {"message": f"invalid {token} canary-of-body of a-key-of-the-object-and-no-secret"}
    backend.answers["/verify"] = (422, json.dumps(said).encode())
    plan = {"url": f"{backend.url}/k", "verify": verify}
    error = backend.fails(plan, allow_authorization=True)
    told = json.dumps(error.to_dict())
    assert "canary" not in told and "a-key-of-the-object-and-no-secret" in told


@pytest.mark.parametrize("call", ["post", "plan", "put"])
def test_what_is_stopped_once_it_may_have_been_handled(backend: Backend, call: str) -> None:
    """A PUT replaces what it stored, so it may be made again. A POST may be taken twice."""
    answered = backend.answers["/p"] = threading.Event()
    storage, url = backend.storage(), f"{backend.url}/p"
    match call:
        case "post":
            job = storage.start_post(url, DATA)
        case "plan":
            job = storage.start_send({"url": url, "method": "POST"}, DATA)
        case _:
            job = storage.start_put(url, DATA)
    assert backend.arrived.wait(60)
    job.cancel()
    with pytest.raises(DropoffError) as caught:
        job.wait()
    answered.set()
    error = caught.value
    assert error.kind == "cancelled" and error.outcome == "unknown" and len(backend.seen) == 1
    assert error.retryable == (call == "put"), error.to_dict()


def test_a_reply_holds_no_secret_of_the_ticket(backend: Backend) -> None:
    secret = "canary-canary-canary-canary"
    backend.answers["/k"] = (200, secret.encode())
    stored = backend.send(f"{backend.url}/k?X-Amz-Signature={secret}")
    assert stored.reply is not None and stored.reply.body == "[hidden]"


def test_git_lfs(backend: Backend) -> None:
    token = {"Authorization": "RemoteAuth canary-canary"}
    oid = hashlib.sha256(DATA).hexdigest()
    actions = {
        "upload": {"href": f"{backend.url}/up", "header": {"x-a": "b"}, "expires_in": 60},
        "verify": {"href": f"{backend.url}/verify", "header": token},
    }
    reply = {"transfer": "basic", "objects": [{"oid": oid, "size": len(DATA), "actions": actions}]}
    error = backend.fails(reply)
    assert isinstance(error, UnsafeTargetError) and not backend.seen
    assert error.details[0]["field"] == "/objects/0/actions/verify/header" and "canary" not in error.message
    backend.send(reply, allow_authorization=True)
    upload, verify = backend.seen
    assert upload.headers["x-a"] == "b" and upload.headers["content-type"] == "application/octet-stream"
    assert "authorization" not in upload.headers
    assert verify.headers["authorization"] == token["Authorization"]
    assert verify.headers["content-type"] == "application/vnd.git-lfs+json"
    assert json.loads(verify.body) == {"oid": oid, "size": len(DATA)}


def test_parts_of_git_lfs_may_be_there_already_and_have_digests(backend: Backend) -> None:
    oid = hashlib.sha256(DATA).hexdigest()
    part = {"href": f"{backend.url}/2", "pos": 600, "want_digest": "contentMD5"}
    commit = {"href": f"{backend.url}/commit", "method": "PUT", "body": "<BlockList/>"}
    entry = {"oid": oid, "size": len(DATA), "actions": {"parts": [part], "commit": commit}}
    stored = backend.send(entry)
    assert backend.body("/2") == DATA[600:] and backend.body("/commit") == b"<BlockList/>"
    assert (
        backend.seen[0].headers["content-md5"] == base64.b64encode(hashlib.md5(DATA[600:]).digest()).decode()
    )
    assert stored.bytes == len(DATA) and not stored.verified, "the rest was not seen here"


def test_a_digest_that_git_lfs_tells_itself_is_sent_as_it_is(backend: Backend) -> None:
    told = {"Digest": "SHA-256=AAAA", "content-md5": base64.b64encode(hashlib.md5(DATA).digest()).decode()}
    for wanted in ("sha-256, contentMD5;q=0.5", "contentMD5"):
        part = {"href": f"{backend.url}/1", "header": told, "want_digest": wanted}
        backend.send({"actions": {"parts": [part]}})
        sent = backend.seen.pop().headers
        assert (sent["digest"], sent["content-md5"]) == (told["Digest"], told["content-md5"])


def test_a_digest_that_git_lfs_leaves_empty_is_filled_in(backend: Backend) -> None:
    part = {"href": f"{backend.url}/1", "header": {"digest": ""}, "want_digest": "sha-256"}
    backend.send({"actions": {"parts": [part]}})
    sha256 = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    assert backend.seen.pop().headers["digest"] == f"SHA-256={sha256}"


S3 = "https://bucket.s3.example/k?X-Amz-Signature=s"
ELSEWHERE = {"Host": "other.example"}


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        ({"url": f"{S3}&amp;a=b", "fields": {"k": "v"}}, "/url"),
        ({"url": S3, "fields": {"file": "v"}}, "/fields"),
        ({"url": S3, "fields": {"k": "v"}, "file_field": "k"}, "/file_field"),
        ({"url": S3, "fields": {"k": "v"}, "file_name": 256 * "n"}, "/file_name"),
        ({"url": S3, "headers": ELSEWHERE}, "/headers"),
        ({"url": f"{S3}&amp;a=b", "headers": {"a": "b"}}, "/url"),
        ({"parts": [S3], "headers": ELSEWHERE}, "/headers"),
        ({"parts": [{"url": S3, "headers": ELSEWHERE}]}, "/parts/0/headers"),
        ({"url": S3, "verify": {"url": S3, "headers": ELSEWHERE}}, "/verify/headers"),
        ({"url": S3, "uri": S3}, "/uri"),
        ({"url": S3, "expires": 60, "expires_in": 60}, "/expires"),
    ],
)
def test_the_place_of_what_is_wrong(backend: Backend, plan: Any, place: str) -> None:
    assert backend.fails(plan).details[0]["field"] == place


def test_a_hundred_thousand_parts_are_refused(backend: Backend) -> None:
    error = backend.fails({"parts": [f"{backend.url}/{number}" for number in range(100_000)]})
    assert isinstance(error, InvalidInputError) and error.details[0]["field"] == "/parts" and not backend.seen


def test_raw_parts_have_headers_and_lengths_of_their_own(backend: Backend) -> None:
    urls = [f"{backend.url}/1", f"{backend.url}/2"]
    storage = backend.storage()
    each = [{"b": "1"}, {"B": "2"}]
    # Those of a part stand in the place of the common ones.
    common = {"a": "0", "b": "3"}
    stored = storage.put_parts(urls, DATA, part_sizes=[1, 999], headers=common, part_headers=each)
    assert all(len(request.headers["b"]) == 1 for request in backend.seen)
    assert [part.bytes for part in stored.parts] == [1, 999]
    headers = {request.path: (request.headers["a"], request.headers["b"]) for request in backend.seen}
    assert headers == {"/1": ("0", "1"), "/2": ("0", "2")}
    with pytest.raises(InvalidInputError, match="1000 bytes to send"):
        storage.put_parts(urls, DATA, part_sizes=[1, 2])
    with pytest.raises(InvalidInputError, match="part_headers"):
        storage.put_parts(urls, DATA, part_headers=[{}])


def test_a_form_whose_file_stands_in_another_field(backend: Backend) -> None:
    backend.storage().post_form(f"{backend.url}/f", {"k": "v"}, DATA, file_field="upload")
    assert b'name="upload"; filename="file"' in backend.body("/f")
    plan = {"url": f"{backend.url}/g", "fields": [{"name": "k", "value": "v"}], "file_field": "data"}
    backend.send(plan | {"file_name": "n.bin"})
    assert b'name="data"; filename="n.bin"' in backend.body("/g")


def test_the_async_client_has_both(backend: Backend) -> None:
    import asyncio

    async def both() -> tuple[StoredObject, StoredObject]:
        storage = dropoff.AsyncStorage(trusted_storage=[backend.url])
        sent = await storage.send({"url": f"{backend.url}/k"}, DATA)
        return sent, await storage.post(f"{backend.url}/p", DATA)

    sent, posted = asyncio.run(both())
    assert sent.bytes == posted.bytes == len(DATA)
