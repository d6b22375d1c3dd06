"""The command line where a person sits: progress, live lines, colours."""

import signal


def test_following_shows_a_progress_bar_and_the_lines_as_they_come(on_terminal, served):
    terminal = on_terminal("run", "Gated", "--follow")

    terminal.until("waiting")
    terminal.until("0/1")
    assert terminal.process.poll() is None
    served.gate.set()

    assert terminal.code() == 0
    shown = terminal.shown.decode()
    assert "went on" in shown
    assert "1/1" in shown
    assert "succeeded, 1/1 tasks done" in shown
    assert "\x1b[" in shown


def test_colours_are_left_out_where_nobody_wants_them(on_terminal, served):
    on_terminal("run", "Hello", "-p", "who=you", "--wait", NO_COLOR="1").code()

    terminal = on_terminal("runs", NO_COLOR="1")

    assert terminal.code() == 0
    assert "succeeded" in terminal.shown.decode()
    assert "\x1b[" not in terminal.shown.decode()


def test_a_table_has_heads_and_colours_on_a_terminal(on_terminal, served):
    terminal = on_terminal("pipelines")

    assert terminal.code() == 0
    assert "PIPELINE" in terminal.shown.decode()
    assert "\x1b[1m" in terminal.shown.decode()


def test_a_pipeline_is_shown_with_where_it_comes_from_on_a_terminal(on_terminal, served):
    terminal = on_terminal("pipelines", "Hello")

    assert terminal.code() == 0
    lines = [line.split() for line in terminal.shown.decode().splitlines()]
    assert ["module", "tasks.hello"] in lines
    assert ["times", "IntParameter"] in [line[:2] for line in lines]


def test_an_interrupted_follower_says_that_the_run_goes_on(on_terminal, served):
    terminal = on_terminal("run", "Gated", "--follow")
    terminal.until("waiting")

    terminal.process.send_signal(signal.SIGINT)

    assert terminal.code() == 130
    assert "The run goes on" in terminal.shown.decode()


def test_output_of_a_task_cannot_steer_the_terminal(on_terminal, served):
    terminal = on_terminal("run", "Hello", "-p", 'who:="\\u001b[2Jyou\\u0007"', "--follow")

    assert terminal.code() == 0
    shown = terminal.shown.decode()
    assert "hello you\\x07 0" in shown
    assert "\x1b[2J" not in shown
