r"""Trains the line model on labelled pages.

    python -m pipeline.lines.train PAGES... --out MODEL [--mend FILE] [--stories FILE...]
        [--folds FOLDER]

PAGES are JSON lines (`.gz` or not), one page as one extractor saw it: `id`, `source` (its
publisher), `variant` (the extractor), `title`, `description`, `lines`, and for each line a label: 1
for the story, 0 for furniture, anything else for unsure. `--mend` corrects labels: JSON lines with
the `id` of a page and `labels`, {number of a line: label}. `--stories` are articles without
furniture (`text`, `language`), of which every other one is learned from. `--folds` keeps the model
of each fold, so that others can measure on publishers that it has not seen.

Needs scikit-learn and LightGBM; nothing else in Copydesk does. The same data give the same model.

All is cross-fitted in five folds by publisher: the weights of words that score a page in training
were learned from other publishers. The trees are grown twice. What the first ones, grown on other
publishers, contradict most surely is taken for a wrong label, and left out the second time. More
trees say whether the story ended above a line.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import struct
import sys
import tomllib
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import lines, traits, trees
from pipeline.article import Draft
from pipeline.clean import Context, clean, repair
from pipeline.clean.options import CleanOptions
from pipeline.clean.rules import encoding
from pipeline.languages import grammar
from pipeline.lines.features import FEATURES
from pipeline.native import LineModel, Trees, codepoints
from pipeline.native.twins.lines import HEAD, MAGIC
from pipeline.text import line_spans, sentences

try:
    import lightgbm
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression, SGDClassifier
except ImportError as error:  # pragma: no cover - a machine that trains has them
    sys.exit(f"training needs more than Copydesk does ({error}): pip install lightgbm scikit-learn")

FOLDS = 5
BITS = 18
# Trees and learning rate of the first turn, which doubts labels, and of the second one.
TURNS = ((60, 0.15), (160, 0.08))
BELOW_TURN = (120, 0.1)
NAIVE = "naive"  # the variant that is every line of a page
_STORY, _FURNITURE, _UNSURE = 1, 0, 2
# Of a page with more lines each one counts less, so that a few long lists do not decide.
_FULL_WEIGHT_LINES = 30
_NAIVE_WEIGHT, _NAIVE_LINE_WEIGHT, _NAIVE_SHARE = 0.5, 0.1, 0.4
# Log-odds from which on the trees of other publishers outvote a label.
_SURELY_FURNITURE, _SURELY_STORY = 2.5, -3.5
_SETTLED = -9.0
# A wrong end loses much of a story at once: what follows must be surer than for a line alone.
_BELOW_OFFSET = -1.6
_COLUMNS = {feature.name: column for column, feature in enumerate(FEATURES)}
_SETTLING = ("prose", "score", "prose_lines_above", "prose_lines")
_FEW_WRONG, _WRONG_SHARE = 3, 0.1
_MOST_UNSURE = 0.3  # of a page's lines, to learn where its story ends
_STORIES = 1500  # lines of a language, of the articles without furniture
_PAGES_OF_STORIES = 60  # articles of a language
_RISING = frozenset({
    "score", "runs", "pairs", "mean_score", "mean_score_above", "mean_score_below", "score_before",
    "score_after", "score_within_1", "score_within_2", "after_end", "before_begin",
    "score_from_here", "most_score_above", "most_score_below", "score_within_5",
    "strong_share_below", "score_within_3_above", "score_within_3_below",
})  # fmt: skip
_TREES = {
    "objective": "binary",
    "num_leaves": 40,
    "max_depth": 6,
    "min_data_in_leaf": 60,
    "lambda_l2": 5.0,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "use_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
# The more the wording of a line and of those around it is that of furniture, the more it is that:
# the trees cannot learn otherwise from what only these publishers do.
_OF_LINES = {
    **_TREES,
    "monotone_constraints": [int(feature.name in _RISING) for feature in FEATURES],
    "monotone_constraints_method": "intermediate",
}
_OF_BELOW = {
    **_TREES,
    "num_leaves": 31,
    "max_depth": 7,
    "min_data_in_leaf": 100,
    "lambda_l2": 10.0,
}


class Page(NamedTuple):
    """A text to learn from, with the label and the weight of each line."""

    id: str
    source: str
    variant: str
    article: lines.Article
    labels: tuple[int, ...]
    cleaned: bool = False  # what is left of a page when all other rules are done

    @property
    def spans(self) -> lines.Spans:
        return line_spans(self.article.body)

    @property
    def texts(self) -> list[str]:
        return [self.article.body[start:end] for start, end in self.spans]

    @property
    def weights(self) -> Any:
        weight = min(1.0, _FULL_WEIGHT_LINES / max(1, len(self.labels))) ** 0.5
        weight *= _NAIVE_WEIGHT if self.variant == NAIVE else 1.0
        return np.full(len(self.labels), weight)


class Weights(NamedTuple):
    """The table of weights of hashed runs and words."""

    table: Any  # int8
    scale: float
    bias: float

    def blob(self, grown: bytes = b"", below: bytes = b"") -> bytes:
        """Returns the model that `native.LineModel` takes."""
        sizes = len(grown), len(below)
        head = struct.pack(HEAD.format, MAGIC, BITS, *sizes, self.scale, self.bias)
        return bytes(head + self.table.astype(np.int8).tobytes() + grown + below)


class Samples(NamedTuple):
    """Lines to grow trees from."""

    table: Any  # of features
    targets: Any  # whether it is what the trees look for
    weights: Any


class Kind(NamedTuple):
    """A kind of trees."""

    samples: Callable[[Page, Any, Any], Samples]  # of a page, its features, its trusted lines
    options: dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mend", type=Path)
    parser.add_argument("--stories", nargs="*", type=Path, default=[])
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--without", help="leave out all pages of a language")
    chosen = parser.parse_args()
    mended = {row["id"]: row["labels"] for row in rows_of(chosen.mend)} if chosen.mend else {}
    rows = [row for path in chosen.pages for row in rows_of(path)]
    rows = [row for row in rows if row["language"] != chosen.without or not chosen.without]
    stories = list(stories_of(chosen.stories))
    pages = [page for row in rows for page in pages_of(row, mended.get(row["id"], {}))]
    print(
        f"{len(pages):,} texts of {len({page.source for page in pages}):,} publishers", flush=True
    )
    train(pages, stories, chosen.out, chosen.folds)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the rows of a file of JSON lines."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def folds_of(sources: Iterable[str]) -> dict[str, int]:
    """Returns the fold of each publisher: folds of about as many pages each."""
    pages = Counter(sources)
    sizes, found = [0] * FOLDS, {}
    for source in sorted(pages, key=lambda one: (-pages[one], zlib.crc32(one.encode()))):
        found[source] = fold = sizes.index(min(sizes))
        sizes[fold] += pages[source]
    return found


def pages_of(row: dict[str, Any], mended: dict[str, Any]) -> Iterator[Page]:
    """Yields a labelled page, repaired where it was decoded wrongly, and what cleaning leaves."""
    labels = dict(enumerate(row["labels"])) | {int(key): label for key, label in mended.items()}
    texts = [(" ".join(text.split()), labels[i]) for i, text in enumerate(row["lines"])]
    texts = [(text, label) for text, label in texts if text]
    body = "\n\n".join(text for text, _ in texts)
    draft = Draft(headline=row["title"] or "", description=row["description"] or "", body=body)
    fixed, _ = repair(draft, Context(), encoding.RULES)
    if len(line_spans(fixed.body)) != len(texts):
        fixed = draft
    known = tuple(
        label if label in {0, 1} and not isinstance(label, str) else _UNSURE for _, label in texts
    )
    page = page_of(row["id"], row["source"], row["variant"], fixed, known)
    if len(page.spans) != len(known):
        return
    yield page
    if row["variant"] == NAIVE:
        return
    context = Context(source=row["source"], language=row["language"])
    left, repairs = clean(fixed, context, CleanOptions(disabled=("drop_furniture_lines",)))
    if repairs:
        of_text = defaultdict(set)
        for text, label in zip(page.texts, known, strict=True):
            of_text[text].add(label)
        labels_left = tuple(
            of_text[text].pop() if len(of_text[text]) == 1 else _UNSURE
            for text in (left.body[start:end] for start, end in line_spans(left.body))
        )
        yield page_of(row["id"], row["source"], row["variant"], left, labels_left, cleaned=True)


def page_of(  # noqa: PLR0913
    name: str,
    source: str,
    variant: str,
    draft: Draft,
    labels: tuple[int, ...],
    *,
    cleaned: bool = False,
) -> Page:
    """Returns the page of a draft."""
    article = lines.Article(draft.body, draft.headline, draft.description)
    return Page(name, source, variant, article, labels, cleaned)


def stories_of(paths: Sequence[Path]) -> Iterator[tuple[str, Page]]:
    """Yields articles that are all story, every other one of each file, with their languages."""
    for path in paths:
        for number, row in enumerate(rows_of(path)):
            text = "\n\n".join(" ".join(line.split()) for line in (row["text"] or "").splitlines())
            if number % 2 == 0 and text.strip():
                draft = Draft(headline=row["title"] or "", body=text.strip())
                known = (_STORY,) * len(line_spans(draft.body))
                name = f"{path.name}:{row['id']}"
                yield row["language"] or "", page_of(name, path.name, "story", draft, known)


def train(
    pages: list[Page], stories: list[tuple[str, Page]], out: Path, folder: Path | None
) -> None:
    """Trains the model and prints how it does on publishers that it has not seen."""
    fold_of = folds_of(page.source for page in pages)
    folds = np.array([fold_of[page.source] for page in pages])
    texts, targets, weights, sources = line_samples(pages, stories)
    matrix = matrix_of(texts)
    text_folds = np.array([fold_of.get(source, -1) for source in sources])
    words = [
        fit_words(matrix[text_folds != k], targets[text_folds != k], weights[text_folds != k])
        for k in range(FOLDS)
    ]
    rng = random.Random(0)
    chosen = [page.variant != NAIVE or rng.random() < _NAIVE_SHARE for page in pages]
    rows = [features_of(words[fold], page) for fold, page in zip(folds, pages, strict=True)]
    more, more_rows = pick_stories(stories), []
    for number, page in enumerate(more):
        more_rows.append(features_of(words[number % FOLDS], page))
    trusted: list[Any] = [np.ones(len(page.labels), bool) for page in pages]

    def without(fold: int | None, kind: Kind, turn: tuple[int, float]) -> dict[str, Any]:
        numbers = [i for i in range(len(pages)) if folds[i] != fold and chosen[i]]
        samples = [kind.samples(pages[i], rows[i], trusted[i]) for i in numbers]
        for page, row in zip(more, more_rows, strict=True):
            samples.append(kind.samples(page, row, np.ones(len(row), bool)))
        return grow(samples, kind.options, turn)

    def in_folds(kind: Kind, turn: tuple[int, float]) -> tuple[list[dict[str, Any]], list[Any]]:
        grown = [without(k, kind, turn) for k in range(FOLDS)]
        forests = [Trees(trees.pack(one)) for one in grown]
        return grown, [
            np.array(forests[fold].score(row.tobytes())) if len(row) else np.zeros(0)
            for fold, row in zip(folds, rows, strict=True)
        ]

    for turn in TURNS:
        grown, found = in_folds(_LINES, turn)
        found = [
            np.where(is_settled(row), _SETTLED, one) for one, row in zip(found, rows, strict=True)
        ]
        report(pages, found, f"{turn[0]} trees")
        trusted = [trusted_of(page, score) for page, score in zip(pages, found, strict=True)]
    grown_below, _ = in_folds(_BELOW, BELOW_TURN)
    calibration = calibrate(pages, found, trusted)

    def packed(words: Weights, grown: dict[str, Any], grown_below: dict[str, Any]) -> bytes:
        both = trees.pack(grown, *calibration), trees.pack(grown_below, offset=_BELOW_OFFSET)
        return lines.packed(words.blob(*both))

    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(FOLDS):
            content = packed(words[k], grown[k], grown_below[k])
            (folder / f"{k}.bin").write_bytes(content)
        (folder / "folds.json").write_text(json.dumps(fold_of, sort_keys=True))
    whole = without(None, _LINES, TURNS[-1]), without(None, _BELOW, BELOW_TURN)
    content = packed(fit_words(matrix, targets, weights), *whole)
    out.write_bytes(content)
    print(f"{out}: {len(content):,} bytes")


def line_samples(
    pages: Iterable[Page], stories: Sequence[tuple[str, Page]]
) -> tuple[list[str], Any, Any, list[str]]:
    """Returns different lines, whether they are furniture, their weights and their publishers."""
    seen: dict[tuple[str, str], list[int]] = {}
    for page in pages:
        for text, label in zip(page.texts, page.labels, strict=True):
            if label != _UNSURE and not page.cleaned:
                found = seen.setdefault((page.source, text), [0, 0, 0])
                found[label] += 1
                found[2] += page.variant != NAIVE
    texts = [text for _, text in seen]
    targets = [found[_FURNITURE] > found[_STORY] for found in seen.values()]
    weights = [1.0 if found[2] else _NAIVE_LINE_WEIGHT for found in seen.values()]
    sources = [source for source, _ in seen]
    for text in phrases():
        texts.append(text)
        targets.append(True)
        weights.append(1.0)
    by_language: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for language, page in stories:
        parts = page.texts
        if len(parts) < 3:
            parts = [page.article.body[a:b].strip() for a, b in sentences(page.article.body)]
        by_language[language].update(dict.fromkeys(parts))
    for language, of_language in sorted(by_language.items()):
        picked = list(of_language)
        random.Random(language).shuffle(picked)
        texts += picked[:_STORIES]
        targets += [False] * len(picked[:_STORIES])
        weights += [0.5] * len(picked[:_STORIES])
    sources += [""] * (len(texts) - len(sources))
    return texts, np.array(targets).astype(int), np.array(weights), sources


def pick_stories(stories: Sequence[tuple[str, Page]]) -> list[Page]:
    """Returns some of the articles without furniture, of each language as many."""
    by_language: defaultdict[str, list[Page]] = defaultdict(list)
    for language, page in stories:
        if len(page.labels) > 2:
            by_language[language].append(page)
    picked = []
    for language, of_language in sorted(by_language.items()):
        random.Random(language).shuffle(of_language)
        picked += of_language[:_PAGES_OF_STORIES]
    return picked


_CHOICE = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")


def phrases() -> list[str]:
    """Returns wordings of the phrases that the language files call furniture, two of each."""
    rng = random.Random(0)
    found = set()
    for path in sorted(Path(grammar.__file__).parent.glob("*.toml")):
        for phrase in strings_of(tomllib.loads(path.read_text("utf-8")).get("furniture", {})):
            for _ in range(2):
                text = wording(phrase, rng)
                if len(text) > 2:
                    found.add(text[0].upper() + text[1:])
    return sorted(found)


def strings_of(node: Any) -> Iterator[str]:
    """Yields all strings of a TOML table."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list | dict):
        for one in node.values() if isinstance(node, dict) else node:
            yield from strings_of(one)


def wording(phrase: str, rng: random.Random) -> str:
    """Returns one wording of a phrase; names and rests are filled in or left out."""
    while choice := _CHOICE.search(phrase):
        one_of, optional = choice.groups()
        put = rng.choice((one_of if one_of is not None else optional).split("/"))
        put = put if one_of is not None or rng.random() < 0.5 else ""
        phrase = phrase[: choice.start()] + put + phrase[choice.end() :]
    phrase = re.sub(
        r"<\w+>\+?", lambda _: rng.choice(("Anna Lind", "Facebook", "The Gazette")), phrase
    )
    phrase = re.sub(r"\.{2,}|[*]", "", phrase).replace("#", rng.choice(("12", "3", "2026")))
    return " ".join(phrase.split())


def matrix_of(texts: Sequence[str]) -> Any:
    """Returns the hashed runs and words of each line as rows of a sparse matrix."""
    empty = LineModel(Weights(np.zeros(1 << BITS), 1.0, 0.0).blob())
    tables = traits.table(), codepoints.as_is()
    indices, values, ends = [], [], [0]
    for text in texts:
        buckets, runs = empty.buckets(text, *tables)
        row = np.frombuffer(buckets, np.uint32).astype(np.int32)
        part = np.full(len(row), 1 / np.sqrt(max(1, len(row) - runs)), np.float32)
        part[:runs] = 1 / np.sqrt(max(1, runs))
        indices.append(row)
        values.append(part)
        ends.append(ends[-1] + len(row))
    content = np.concatenate(values), np.concatenate(indices), np.array(ends)
    return csr_matrix(content, shape=(len(texts), 1 << BITS))


def fit_words(matrix: Any, targets: Any, weights: Any) -> Weights:
    """Returns the weights of a logistic regression, in 8 bits."""
    model = SGDClassifier(
        loss="log_loss", alpha=3e-6, max_iter=12, tol=None, average=True, random_state=0
    ).fit(matrix, targets, sample_weight=weights)
    found = model.coef_[0]
    scale = float(np.quantile(np.abs(found[found != 0]), 0.9995)) / 127
    return Weights(np.clip(np.rint(found / scale), -127, 127), scale, float(model.intercept_[0]))


def features_of(words: Weights, page: Page) -> Any:
    """Returns the features of each line of a page, as the native module computes them."""
    key = id(words)
    if key not in _models:
        _models[key] = LineModel(words.blob())
    content = _models[key].rows(*lines.arguments(page.article, page.spans))
    return np.frombuffer(content, np.float32).reshape(-1, len(FEATURES))


_models: dict[int, LineModel] = {}


def line_samples_of(page: Page, table: Any, trusted: Any) -> Samples:
    """Returns the lines in doubt of a page, and whether they are furniture."""
    labels = np.array(page.labels, int)
    keep = trusted & (labels != _UNSURE) & ~is_settled(table)
    return Samples(table[keep], labels[keep] == _FURNITURE, page.weights[keep])


def below_samples_of(page: Page, table: Any, trusted: Any) -> Samples:
    """Returns the lines of a page, and whether its story ended above them."""
    labels = np.array(page.labels, int)
    story = np.flatnonzero(labels == _STORY)
    if not len(story) or (labels == _UNSURE).mean() > _MOST_UNSURE:
        trusted = np.zeros(len(labels), bool)
    below = np.arange(len(labels)) > (story[-1] if len(story) else 0)
    return Samples(table[trusted], below[trusted], page.weights[trusted])


_LINES = Kind(line_samples_of, _OF_LINES)
_BELOW = Kind(below_samples_of, _OF_BELOW)


def grow(
    samples: Sequence[Samples], options: dict[str, Any], turn: tuple[int, float]
) -> dict[str, Any]:
    """Returns the trees of some pages."""
    table, targets, weights = map(np.concatenate, zip(*samples, strict=True))
    rounds, rate = turn
    found: dict[str, Any] = lightgbm.train(
        {**options, "learning_rate": rate, "seed": 0},
        lightgbm.Dataset(table, targets, weight=weights),
        rounds,
    ).dump_model()
    return found


def is_settled(table: Any) -> Any:
    """Returns which lines the model takes for the story without asking the trees."""
    prose, score, above, all_lines = (table[:, _COLUMNS[name]] for name in _SETTLING)
    return (prose > 0) & (score < 0) & (above > 0) & (above + 1 < all_lines)


def trusted_of(page: Page, scores: Any) -> Any:
    """Returns the lines whose label is not contradicted by the trees of other publishers.

    Where they contradict much of a story, it is a list or a table, and its labels are right.
    """
    labels = np.array(page.labels)
    no_story = (scores > _SURELY_FURNITURE) & (labels == _STORY)
    if no_story.sum() > max(_FEW_WRONG, _WRONG_SHARE * (labels == _STORY).sum()):
        no_story[:] = False
    return ~(no_story | ((scores < _SURELY_STORY) & (labels == _FURNITURE)))


def calibrate(
    pages: Sequence[Page], found: Sequence[Any], trusted: Sequence[Any]
) -> tuple[float, float]:
    """Returns slope and offset of the log-odds over the scores, for the extractors that clean."""
    picked = [i for i, page in enumerate(pages) if page.variant != NAIVE and not page.cleaned]
    scores = np.concatenate([found[i] for i in picked])
    labels = np.concatenate([np.array(pages[i].labels) for i in picked])
    known = (labels != _UNSURE) & np.concatenate([trusted[i] for i in picked])
    known &= scores > _SETTLED
    model = LogisticRegression(C=1e6)
    model.fit(scores[known].reshape(-1, 1), labels[known] == _FURNITURE)
    return float(model.coef_[0][0]), float(model.intercept_[0])


def report(pages: Sequence[Page], found: Sequence[Any], name: str) -> None:
    """Prints recall and precision at some losses of story lines, all extractors but naive."""
    picked = [i for i, page in enumerate(pages) if page.variant != NAIVE and not page.cleaned]
    scores = np.concatenate([found[i] for i in picked])
    labels = np.concatenate([np.array(pages[i].labels) for i in picked])
    story, furniture = np.sort(scores[labels == _STORY])[::-1], scores[labels == _FURNITURE]
    for loss in (0.001, 0.0025, 0.005, 0.01):
        limit = story[int(loss * len(story))]
        right, wrong = (furniture > limit).sum(), (story > limit).sum()
        print(
            f"{name}: {loss:.2%} of the story lost, recall {right / len(furniture):.3f},"
            f" precision {right / (right + wrong):.3f}, limit {limit:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
