import time

import pytest

from blastlens.local.event_sources.invocation import Function


def test_a_handler_gets_a_copy_of_the_event_and_its_answer_comes_back():
    event = {"Records": [1]}

    def handler(received, context):
        received["Records"].append(2)
        return {"seen": received}

    assert Function("f", handler).invoke(event).payload == {"seen": {"Records": [1, 2]}}
    assert event == {"Records": [1]}


@pytest.mark.parametrize("fault", [RuntimeError("boom"), SystemExit(1)])
def test_what_a_handler_raises_becomes_an_error(fault):
    def handler(event, context):
        raise fault

    answer = Function("f", handler).invoke({})
    assert answer.error is not None
    assert type(fault).__name__ in answer.error


def test_an_answer_that_is_no_json_is_an_error():
    assert Function("f", lambda event, context: {"when": object()}).invoke({}).error is not None


def test_a_handler_that_overstays_its_time_has_failed():
    answer = Function("f", lambda event, context: time.sleep(0.05), timeout_seconds=0.01).invoke({})
    assert answer.error == "Task timed out after 0.01 seconds"


def test_the_context_has_lambdas_values():
    seen = []
    Function("classify", lambda event, context: seen.append(context), timeout_seconds=30, memory_mb=1769).invoke({})
    (context,) = seen
    assert 0 < context.get_remaining_time_in_millis() <= 30_000
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:classify"
    assert (context.function_name, context.memory_limit_in_mb) == ("classify", 1769)
    assert len(context.aws_request_id) == 36
