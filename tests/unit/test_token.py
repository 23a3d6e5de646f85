from __future__ import annotations

import threading

from pycompss.engines.token import Token


def test_a_token_that_was_released_lets_pass():
    token = Token()
    token.release()
    assert token.is_released
    token.sleep()


def test_a_sleeper_is_woken_however_often_the_token_is_released():
    token = Token()
    sleeper = threading.Thread(target=token.sleep)
    sleeper.start()
    token.release()
    token.release()
    sleeper.join(20)
    assert not sleeper.is_alive()
