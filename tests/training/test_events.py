"""The events of runs and searches, as the package and as callers receive them."""

from dataclasses import fields

import pytest

from seqspec.training.events import Event, RecordEvent, Subscriber, WarningEvent, event_of, handler_of


def events():
    """All classes of events."""
    classes = [Event]
    for event in classes:
        classes += event.__subclasses__()
    return [event for event in classes if "kind" in event.__dict__]


def test_each_kind_is_of_one_class():
    kinds = [event.kind for event in events()]
    assert len(kinds) == len(set(kinds)) > 20


@pytest.mark.parametrize("event", events(), ids=lambda event: event.kind)
def test_an_event_is_the_same_after_a_caller_has_passed_it_on(event):
    values = {field.name: f"the {field.name}" for field in fields(event)}
    if issubclass(event, RecordEvent):
        values["record"] = {"epochs": 3}
    made = event(**values)
    assert event_of(event.kind, made.fields()) == made


def test_a_subscriber_receives_events_themselves_and_a_function_their_names_and_fields():
    class Kept(Subscriber):
        def __init__(self):
            self.events = []

        def receive(self, event):
            self.events.append(event)

    kept, called = Kept(), []
    for report in (kept, lambda kind, fields: called.append((kind, dict(fields)))):
        handler_of(report)(WarningEvent("it is slow"))
    kept("warning", {"message": "it is slow"})
    assert kept.events == [WarningEvent("it is slow")] * 2
    assert called == [("warning", {"message": "it is slow"})]


def test_an_event_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="there is no event end"):
        event_of("end", {})
