"""The words of a request type (A7)."""

import string

import pytest
from django.core.exceptions import ValidationError

from tickets.words import MAX_LENGTH, WORDS, Words, problems, validate


def test_a_text_of_the_type_replaces_the_default() -> None:
    assert Words({}).text("title") == "Su solicitud"
    assert Words({"title": "  "}).text("title") == "Su solicitud"
    assert Words({"title": "Su solicitud de baja"}).text("title") == "Su solicitud de baja"


def test_values_are_filled_in_and_braces_of_other_texts_stay() -> None:
    words = Words({"date_one": "La baja es el {date}.", "intro": "Llaves {así}"})
    assert words.text("date_one", today="28 de noviembre", date="15 de enero") == "La baja es el 15 de enero."
    assert words.text("intro") == "Llaves {así}"


def test_lines_skip_the_empty_ones() -> None:
    assert Words({"next_steps": "Uno.\n\n  Llamamos al {phone}. \n"}).lines("next_steps", phone="099") == [
        "Uno.",
        "Llamamos al 099.",
    ]


@pytest.mark.parametrize("key", WORDS)
def test_every_default_fills_in_its_values(key: str) -> None:
    word = WORDS[key]
    named = {name for _text, name, _spec, _conversion in string.Formatter().parse(str(word.default)) if name}
    assert named <= word.values
    assert "{" not in Words({}).text(key, **dict.fromkeys(word.values, "x"))


@pytest.mark.parametrize(
    "wrong",
    [
        ["title"],
        {"titulo": "x"},
        {"title": 3},
        {"title": "x" * (MAX_LENGTH + 1)},
        {"date_one": "el {day}"},
        {"date_one": "el {date.year}"},
        {"date_one": "el {date!r}"},
        {"date_one": "el {date:>9}"},
        {"date_one": "el {"},
        {"date_one": "el {}"},
    ],
    ids=str,
)
def test_wrong_words_are_refused_before_a_page_needs_them(wrong: object) -> None:
    assert list(problems(wrong))
    with pytest.raises(ValidationError):
        validate(wrong)


def test_right_words_are_accepted() -> None:
    validate({key: str(word.default) for key, word in WORDS.items()})
