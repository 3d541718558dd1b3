"""From what happens on a board to what each subscriber is told: once, since what they were last told, in order."""

import json
import threading
from datetime import date, timedelta

import pytest
from standardwebhooks import Webhook

from forecasts import ledger, runs
from forecasts.alerts import outbox, standing, subscribers, telling, wire
from forecasts.alerts.wire import Answer
from forecasts.domain import Confirmation, Resolution
from forecasts.errors import ForbiddenError
from forecasts.people import ANONYMOUS, JOBS, LOCAL_OWNER, Actor
from forecasts.runs import Run
from tests.alerts.scene import KEY, NOW, SECRET, Clock, publish, queue, subscribe

HOUR = timedelta(hours=1)
ACCEPTED = Answer(204, "HTTP 204")


class Post:
    """Stands in for the wire: keeps what is sent, answers as it is told."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[dict] = []
        self.ids: list[str] = []
        self._answers = list(answers)

    def __call__(self, url, body, headers, *, private) -> Answer:
        self.sent.append(json.loads(body))
        self.ids.append(headers["webhook-id"])
        return self._answers.pop(0) if self._answers else ACCEPTED

    @property
    def events(self) -> list[dict]:
        return [e for s in self.sent for e in s["data"]["events"]]


def deliver(home, post, clock, **more):
    return list(telling.deliver(home.store, key=KEY, post=post, clock=clock, actor=JOBS, **more))


def tell(home, now, post=None):
    """Queue and deliver; returns (kind, topic) of what was told."""
    queue(home, now)
    post = post or Post()
    deliver(home, post, Clock(now))
    return [(e["kind"], e["topic"].split(":")[1] if ":" in e["topic"] else e["topic"]) for e in post.events]


def test_a_drift_is_told_once_it_adds_up_since_what_they_last_saw(both) -> None:
    subscribe(both, "move 5 truce")
    told = []
    for day, p in enumerate((0.22, 0.24, 0.26, 0.28, 0.29, 0.33, 0.27), 1):
        publish(both, NOW + timedelta(days=day), truce=p)
        told.append(tell(both, NOW + timedelta(days=day)))
    # .20 -> .26 is told (6 points), then .26 -> .33 (7), then .33 -> .27 (6); nothing in between
    move = [("move", "truce")]
    assert told == [[], [], move, [], [], move, move]


def test_two_subscribers_each_have_their_own_last_time(home) -> None:
    subscribe(home, "move 5 truce", name="first")
    publish(home, NOW + HOUR, truce=0.24)
    assert tell(home, NOW + HOUR) == []
    subscribe(home, "move 5 truce", name="second", now=NOW + HOUR)
    publish(home, NOW + 2 * HOUR, truce=0.26)
    queue(home, NOW + 2 * HOUR)
    assert [s.subscriber for s in deliver(home, Post(), Clock(NOW + 2 * HOUR))] == ["first"]


def test_a_move_within_the_simulation_error_is_none(home) -> None:
    subscribe(home, "move 1")
    publish(home, NOW + HOUR, truce=0.22, mcse=0.011)
    assert tell(home, NOW + HOUR) == []
    publish(home, NOW + 2 * HOUR, truce=0.22, mcse=0.009)
    assert tell(home, NOW + 2 * HOUR) == [("move", "truce")]


def test_a_crossing_is_told_each_way_and_not_while_it_is_unclear(home) -> None:
    subscribe(home, "cross 50 truce")
    steps = ((0.49, 0.001), (0.505, 0.004), (0.51, 0.004), (0.499, 0.004), (0.48, 0.004))
    told = []
    for i, (p, error) in enumerate(steps, 1):
        publish(home, NOW + i * HOUR, truce=p, mcse=error)
        told.append(tell(home, NOW + i * HOUR))
    assert told == [[], [], [("cross", "truce")], [], [("cross", "truce")]]


def test_an_outcome_is_told_even_when_the_number_hardly_moves(home) -> None:
    publish(home, NOW + HOUR, truce=0.99)
    subscribe(home, "move 5 truce", now=NOW + HOUR)
    publish(home, NOW + 2 * HOUR, states={"truce": "occurred"})
    assert tell(home, NOW + 2 * HOUR) == [("decided", "truce")]
    publish(home, NOW + 3 * HOUR, states={"truce": "occurred"})
    assert tell(home, NOW + 3 * HOUR) == []


def refused(home, at, key: str) -> None:
    attempt = Run(home.board.id, "live", at, at, at, "refused", "a gate said no", {"input": key})
    runs.append(home.store, attempt, actor=JOBS)


def test_failures_are_told_once_then_that_it_is_not_tried_again_then_that_it_is_well(home) -> None:
    subscribe(home, "failed")
    kinds = []
    for i in range(1, 5):
        refused(home, NOW + i * HOUR, "k" * 64)
        kinds += tell(home, NOW + i * HOUR)
    assert kinds == [("failed", "failed"), ("stopped", "stopped")]
    good = Run(home.board.id, "live", NOW, NOW, NOW, "published", "ok", {"input": "l" * 64})
    runs.append(home.store, good, actor=JOBS)
    assert tell(home, NOW + 6 * HOUR) == [("recovered", "failed")]


def test_a_board_that_falls_behind_is_told_and_that_it_caught_up(home) -> None:
    subscribe(home, "stale 30")
    assert tell(home, NOW + timedelta(hours=20)) == []  # due since midnight
    late = NOW + timedelta(hours=50)
    assert [k for k, _ in tell(home, late)] == ["stale"]
    assert tell(home, late + HOUR) == []
    publish(home, late + 2 * HOUR)
    assert [k for k, _ in tell(home, late + 2 * HOUR)] == ["fresh"]


def test_a_deadline_is_told_ahead_and_again_when_it_has_passed_until_somebody_judges(home) -> None:
    first = min(d for q in home.board.questions if q.id == "truce" for d in q.deadlines)
    subscribe(home, "due 10 truce")
    at = NOW.replace(year=first.year, month=first.month, day=first.day) - timedelta(days=30)
    assert tell(home, at) == []
    assert tell(home, at + timedelta(days=25)) == [("due", "truce")]
    assert tell(home, at + timedelta(days=26)) == []
    after = at + timedelta(days=40)
    assert tell(home, after) == [("awaiting", "truce")]
    home.add(Confirmation("C2", first, after.date(), (), ""), at=after)
    home.add(Resolution("R1", "truce", first, "no", first + timedelta(days=1), after.date(), "None", "", ""), at=after)
    subscribe(home, "due 10 truce", name="later", now=after + HOUR)
    assert tell(home, after + HOUR) == []
    assert isinstance(first, date)


def test_a_message_is_signed_and_says_what_changed(home) -> None:
    subscribe(home, "move 5 truce")
    publish(home, NOW + HOUR, truce=0.4)
    queue(home, NOW + HOUR)
    seen = []

    def post(url, body, headers, *, private):
        seen.append((url, body, headers, private))
        return ACCEPTED

    (sent,) = deliver(home, post, Clock(NOW + HOUR))
    ((url, body, headers, private),) = seen
    assert (url, private, sent.outcome) == ("https://hooks.example.org/x", False, "delivered")
    signed = Webhook(SECRET).sign(headers["webhook-id"], NOW + HOUR, body.decode())
    assert headers["webhook-signature"] == signed
    found = json.loads(body)
    assert found["type"] == "twixt.board.news"
    (event,) = found["data"]["events"]
    assert event["details"] | {"title": ""} == {
        "subject": "truce",
        "title": "",
        "deadline": event["topic"].split(":")[2],
        "probability": 0.4,
        "before": 0.2,
        "points": 20.0,
    }


def test_a_chat_reads_words_and_no_marks() -> None:
    from forecasts.alerts import bodies

    document = bodies.test_document("b", "<!channel> *all* & @here _x_ `y`", "2026-07-01T00:00:00Z")
    text = json.loads(bodies.payload(document, "slack"))["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; \N{WORD JOINER}*all\N{WORD JOINER}* &amp; \N{WORD JOINER}@here" in text


def test_what_is_not_delivered_is_tried_ever_more_rarely_and_told_again_once_given_up(both) -> None:
    subscribe(both, "move 5 truce")
    publish(both, NOW + HOUR, truce=0.3)
    queue(both, NOW + HOUR)
    clock, post = Clock(NOW + HOUR), Post(*[Answer(500, "HTTP 500")] * outbox.MOST_ATTEMPTS)
    waits = []
    while sent := deliver(both, post, clock):
        (message,) = outbox.of_subscriber(both.store, sent[0].message.subscriber)
        if message.next_at is None:
            break
        waits.append((message.next_at - clock.now).total_seconds())
        assert deliver(both, post, clock) == []
        clock.now = message.next_at
    assert len(post.sent) == outbox.MOST_ATTEMPTS
    assert len(set(post.ids)) == 1
    assert all(0.9 * p <= w <= 1.1 * p for p, w in zip(outbox.PAUSES, waits, strict=True))
    assert sent[0].outcome == "given_up"
    # they never learned of it, so that the next news counts from what they know
    assert queue(both, clock.on(hours=1)) == 0
    publish(both, clock.now, truce=0.31)
    assert queue(both, clock.on(hours=1)) == 1
    assert deliver(both, post, clock)[0].outcome == "delivered"
    assert post.events[-1]["details"]["before"] == 0.2


def test_the_receiver_can_ask_for_patience_and_for_an_end(home) -> None:
    one = subscribe(home, "move 5 truce")
    publish(home, NOW + HOUR, truce=0.3)
    queue(home, NOW + HOUR)
    clock = Clock(NOW + HOUR)
    deliver(home, Post(Answer(429, "HTTP 429", retry_after=7200)), clock)
    (message,) = outbox.of_subscriber(home.store, one.id)
    assert message.next_at == clock.now + 2 * HOUR
    (sent,) = deliver(home, Post(Answer(410, "HTTP 410")), clock, force=True)
    assert sent.outcome == "resting"
    assert subscribers.find(home.store, home.board.id, "desk").note == "HTTP 410"
    publish(home, NOW + 2 * HOUR, truce=0.5)
    assert queue(home, NOW + 2 * HOUR) == 0
    subscribers.resume(home.store, one, actor=LOCAL_OWNER, now=NOW)
    assert queue(home, NOW + 3 * HOUR) == 1


def test_who_dies_between_sending_and_noting_sends_again_under_the_same_id(home) -> None:
    subscribe(home, "move 5 truce")
    publish(home, NOW + HOUR, truce=0.3)
    queue(home, NOW + HOUR)
    clock, post = Clock(NOW + HOUR), Post()

    def dying(url, body, headers, *, private):
        post(url, body, headers, private=private)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(home, dying, clock)
    assert deliver(home, post, clock) == []  # it belongs to the one who died, for a while
    clock.now += outbox.CLAIM
    assert [s.outcome for s in deliver(home, post, clock)] == ["delivered"]
    assert len(post.ids) == 2
    assert len(set(post.ids)) == 1


def test_however_many_compare_and_send_at_once_each_thing_is_told_once(both) -> None:
    for i in range(3):
        subscribe(both, "move 5", name=f"n{i}")
    publish(both, NOW + HOUR, truce=0.5, fund=0.6)
    post, clock, start = Post(), Clock(NOW + HOUR), threading.Barrier(6)
    lock, failed = threading.Lock(), []

    def counted(url, body, headers, *, private):
        with lock:
            return post(url, body, headers, private=private)

    def work() -> None:
        try:
            start.wait()
            queue(both, NOW + HOUR)
            deliver(both, counted, clock)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver(both, counted, clock)
    assert not failed
    assert len(post.ids) == len(set(post.ids)) == 3


def test_a_removed_subscriber_leaves_nothing(both) -> None:
    one = subscribe(both, "move 5 truce")
    publish(both, NOW + HOUR, truce=0.3)
    queue(both, NOW + HOUR)
    subscribers.remove(both.store, one, actor=LOCAL_OWNER)
    assert subscribers.every(both.store) == ()
    assert outbox.of_subscriber(both.store, one.id) == ()
    assert deliver(both, Post(), Clock(NOW + HOUR)) == []


def test_who_may_not_is_refused(home) -> None:
    one = subscribe(home, "failed")
    for actor in (ANONYMOUS, Actor("p1", "forecaster"), JOBS):
        with pytest.raises(ForbiddenError):
            subscribers.remove(home.store, one, actor=actor)
    for actor in (ANONYMOUS, Actor("p1", "admin")):
        with pytest.raises(ForbiddenError):
            telling.queue_news(home.store, home.artefacts, home.board.id, actor=actor, now=NOW)
        with pytest.raises(ForbiddenError):
            list(telling.deliver(home.store, key=KEY, post=wire.post, clock=Clock(), actor=actor))


def test_messages_of_long_ago_are_forgotten_and_what_they_told_is_not(both) -> None:
    subscribe(both, "move 5 truce")
    publish(both, NOW + HOUR, truce=0.3)
    assert tell(both, NOW + HOUR) == [("move", "truce")]
    assert outbox.forget(both.store, now=NOW + timedelta(days=89)) == 0
    assert outbox.forget(both.store, now=NOW + timedelta(days=91)) == 1
    assert tell(both, NOW + 3 * HOUR) == []


def test_subscribers_are_no_news_of_the_ledger(home) -> None:
    before = ledger.tail(home.store, home.board.id)
    subscribe(home)
    assert ledger.tail(home.store, home.board.id) == before


def test_a_run_that_ends_during_a_comparison_is_not_told_backwards(both, monkeypatch) -> None:
    """Who has read the older state begins again instead of telling of a move back to it."""
    subscribe(both, "move 5 truce")
    publish(both, NOW + HOUR, truce=0.3)
    read, post, interrupted = standing.read, Post(), []

    def slow(*arguments, **more):
        found = read(*arguments, **more)
        if not interrupted:
            interrupted.append(1)
            publish(both, NOW + 2 * HOUR, truce=0.5)
            assert queue(both, NOW + 2 * HOUR) == 1
        return found

    monkeypatch.setattr(standing, "read", slow)
    assert queue(both, NOW + 2 * HOUR) == 0
    deliver(both, post, Clock(NOW + 2 * HOUR))
    assert [e["details"]["probability"] for e in post.events] == [0.5]
