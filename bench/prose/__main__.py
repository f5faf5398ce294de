"""Learns the model of the measure `prose`, and prints what it does in five folds.

    python -m bench.prose [--folds] [--left-out LANGUAGE ...] [--out prose.model]

Needs the test data beside the project, and three packages that nothing else needs: `pip install
lightgbm scikit-learn wordfreq`. The same data gives the same model. All texts of a publisher are in
one fold. `--folds` only judges and writes nothing; `--left-out` learns without a language and
judges that language.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.prose import wording
from bench.prose.example import Example
from bench.prose.examples import all_examples
from pipeline.article import Draft, Severity
from pipeline.check import CheckOptions, Subject, prose, take
from pipeline.check.findings import findings
from pipeline.check.limits import RULES
from pipeline.clean import Context, asked_to_subscribe, clean
from pipeline.trees import pack

FOLDS = 5
TREES = 100
_PUBLISHERS = 10  # that lose most articles are listed
_SETTINGS: dict[str, Any] = {
    "objective": "binary", "num_leaves": 20, "learning_rate": 0.12, "min_data_in_leaf": 200,
    "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5,
    "use_missing": False, "max_bin": 127, "seed": 7, "deterministic": True,
    "force_row_wise": True, "num_threads": 2, "verbose": -1,
}  # fmt: skip
_REAL = frozenset({"article", "extracted"})
# Kinds of genuine texts that a publisher unknown to the model is rejected for most often.
_MORE = {"wrapped": 2.0, "filing": 4.0, "wire": 2.0}

Array = Any  # of numpy, which has no types for shapes


class Prepared(NamedTuple):
    """An example after cleaning, with its measures."""

    example: Example
    subject: Subject
    measures: dict[str, float | None]
    is_rejected: bool  # by a rule other than those on this measure


class Data(NamedTuple):
    """The examples as columns."""

    articles: Array  # whether each is an article
    kinds: Array
    languages: Array
    folds: Array
    weights: Array
    rows: Array  # features; the wording of each as learnt from the other folds
    plain: Array  # whether each is plainly prose, by the same wording: the trees are not asked


def main() -> int:
    """Judges in folds, then writes the model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folds", action="store_true", help="judge only")
    parser.add_argument("--left-out", nargs="*", default=[], metavar="LANGUAGE")
    parser.add_argument("--out", type=Path, default=Path(prose.FILE))
    options = parser.parse_args()
    examples = all_examples()
    found = list(_prepared(examples))
    lines = wording.lines(examples)
    places = wording.slots(lines)
    line_folds = np.array([_fold(line.group) for line in lines])
    of_folds = [wording.learn(lines, places, line_folds != fold) for fold in range(FOLDS)]
    data = _columns(found, of_folds)
    if not options.folds:
        weights = wording.learn(lines, places, line_folds >= 0)
        trees = pack(_trees(data, data.folds >= 0).dump_model())
        options.out.write_bytes(prose.pack(weights, trees))
    print(f"{len(found):,} examples, {len(lines):,} lines")
    _print(data, found, _in_folds(data))
    for language in options.left_out:
        _print_left_out(data, language)
    return 0


def _prepared(examples: Sequence[Example]) -> Iterator[Prepared]:
    """Yields what the checks see of each example that has words."""
    context = Context(source="paper.example", host="paper.example")
    for example in examples:
        try:
            draft, repairs = clean(Draft(headline=example.headline, body=example.body), context)
        except ValueError as error:
            print(f"left out, cannot be cleaned: {example.group} ({error})")
            continue
        subject = Subject(
            headline=draft.headline, body=draft.body, asked_to_subscribe=asked_to_subscribe(repairs)
        )
        (measures,) = take([subject])
        if measures["words"]:
            known = {name: value for name, value in measures.items() if value is not None}
            found = findings(known, CheckOptions(), None, None)
            rejects = any(finding.severity is Severity.REJECT for finding in found)
            yield Prepared(example, subject, measures, rejects)


def _fold(group: str) -> int:
    return zlib.crc32(group.encode()) % FOLDS


def _columns(found: Sequence[Prepared], of_folds: Sequence[bytes]) -> Data:
    articles = np.array([one.example.is_article for one in found])
    kinds = np.array([one.example.kind for one in found])
    languages = np.array([one.example.language for one in found])
    folds = np.array([_fold(one.example.group) for one in found])
    rows = np.array(
        [
            prose.row(one.subject, one.measures, of_folds[fold])
            for one, fold in zip(found, folds, strict=True)
        ],
        dtype=np.float32,
    )
    plain = np.array(
        [
            prose.is_plainly_prose(one.subject, one.measures, of_folds[fold])
            for one, fold in zip(found, folds, strict=True)
        ]
    )
    weights = _weights(articles, kinds, languages)
    return Data(articles, kinds, languages, folds, weights, rows, plain)


def _weights(articles: Array, kinds: Array, languages: Array) -> Array:
    """Returns the weights of the examples: of real articles, short forms and stubs alike.

    Among short forms and stubs those of each language count alike, so that the trees cannot learn
    that a language is one of stubs. Real articles all count alike.
    """
    real = np.isin(kinds, sorted(_REAL))
    weights = np.zeros(len(kinds))
    times = Counter(zip(languages, articles, real, strict=True))
    for number, key in enumerate(zip(languages, articles, real, strict=True)):
        language, _, is_real = key
        of_language = float(times[key])
        if not is_real:
            both = times[language, True, False], times[language, False, False]
            of_language = min(filter(None, both)) ** 0.5
        weights[number] = of_language / times[key]
    for part in (articles & real, articles & ~real, ~articles):
        weights[part] *= len(weights) / weights[part].sum()
    for kind, times_more in _MORE.items():
        weights[kinds == kind] *= times_more
    return weights


def _trees(data: Data, chosen: Array) -> Any:
    import lightgbm  # noqa: PLC0415 - not among the project's own packages

    known = lightgbm.Dataset(
        data.rows[chosen], data.articles[chosen].astype(int), weight=data.weights[chosen]
    )
    return lightgbm.train(_SETTINGS, known, TREES)


def _in_folds(data: Data) -> Array:
    """Returns the measure of each example by weights and trees that saw no text of its group."""
    found = np.ones(len(data.rows))
    for fold in range(FOLDS):
        judged = (data.folds == fold) & ~data.plain
        found[judged] = _trees(data, data.folds != fold).predict(data.rows[judged])
    return found


def _print(data: Data, found: Sequence[Prepared], measured: Array) -> None:
    rejected = np.array([one.is_rejected for one in found])
    real = data.articles & (data.kinds == "article")
    print(f"\n{'limit':>6}{'articles lost':>15}{'short forms lost':>18}{'stubs found':>13}")
    for limit in (0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6):
        below = measured < limit
        short = data.articles & ~np.isin(data.kinds, sorted(_REAL))
        print(
            f"{limit:6}{below[real].mean():15.2%}{below[short].mean():18.2%}"
            f"{below[~data.articles].mean():13.1%}"
        )
    limit = RULES["not-an-article"].low or 0.0
    print(f"\nbelow {limit}: {'texts':>20}{'by this':>9}{'by rules':>10}{'by either':>11}")
    below = measured < limit
    for name, column in (("kind", data.kinds), ("language", data.languages)):
        chosen = real if name == "language" else data.articles | ~data.articles
        for value in sorted(set(column[chosen])):
            of = chosen & (column == value)
            print(
                f"{value[:24]:24}{of.sum():9,}{below[of].mean():9.2%}{rejected[of].mean():10.2%}"
                f"{(below | rejected)[of].mean():11.2%}"
            )
    texts = Counter(one.example.group for one in compress(found, real))
    lost = Counter(one.example.group for one in compress(found, real & below))
    print("\narticles lost, by publisher:")
    for group, count in lost.most_common(_PUBLISHERS):
        print(f"{group[:48]:48}{count:6} of {texts[group]:,}")


def _print_left_out(data: Data, language: str) -> None:
    of_language = data.languages == language
    judged = of_language & ~data.plain
    measured = np.ones(len(data.rows))
    measured[judged] = _trees(data, ~of_language).predict(data.rows[judged])
    below = measured[of_language] < (RULES["not-an-article"].low or 0.0)
    articles = data.articles[of_language]
    print(
        f"without {language}: {below[articles].mean():.2%} of {articles.sum():,} articles lost,"
        f" {below[~articles].mean():.1%} of {(~articles).sum():,} stubs found"
    )


if __name__ == "__main__":
    sys.exit(main())
