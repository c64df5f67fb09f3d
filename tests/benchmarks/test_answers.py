"""Recorded answers: cut into tokens, and the same words as the simulator's."""

import json

from benchmarks.answers import TOKEN_CHARACTERS, fresh_id, record, texts_in

QUESTION = {
    "model": "openai/gpt-4o-mini",
    "messages": [{"role": "user", "content": "Two sisters wait for a ferry."}],
}


async def test_a_stream_is_cut_into_one_event_for_each_token():
    answer = await record(json.dumps({**QUESTION, "stream": True}).encode())
    whole = await record(json.dumps(QUESTION).encode())

    said = [texts_in(token) for token in answer.tokens]
    assert {len(texts) for texts in said} == {1}
    assert {len(texts[0]) for texts in said[:-1]} == {TOKEN_CHARACTERS}
    content = json.loads(whole.tail)["choices"][0]["message"]["content"]
    assert "".join(texts[0] for texts in said) == content
    assert answer.tail.endswith(b"data: [DONE]\n\n")
    assert b'"usage"' in answer.tail


async def test_an_answer_is_said_under_another_generation():
    answer = await record(json.dumps(QUESTION).encode())
    other = fresh_id()

    renamed = json.loads(answer.renamed(answer.tail, other))

    assert renamed == {**json.loads(answer.tail), "id": other.decode()}
    assert len(other) == len(answer.generation_id)
