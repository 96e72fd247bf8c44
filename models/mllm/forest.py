"""A forest of trees over a record's features, run by numpy alone: each leaf holds the statements' frequencies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees as arrays; a child below zero is the leaf of number -1 - child.

    Attributes:
        roots: (trees,) first node of each.
        feature: (nodes,) column that decides.
        limit: (nodes,) at most this goes left.
        children: (nodes, 2) left and right.
        first: (leaves + 1,) where each leaf's entries begin.
        statement: (entries,) a statement's column.
        frequency: (entries,) its share of the leaf's records, in 255ths.
        statements: columns of a prediction.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    limit: Float32
    children: NDArray[np.int32]
    first: NDArray[np.int32]
    statement: NDArray[np.uint8]
    frequency: NDArray[np.uint8]
    statements: NDArray[np.int32]

    def probabilities(self, features: Float32) -> Float32:
        """(b, statements) mean of the trees for (b, f) features."""
        rows = np.arange(len(features))[:, None]
        node = np.repeat(self.roots[None], len(features), axis=0)  # (b, trees), a node, or a leaf below zero
        while (inner := node >= 0).any():
            at = np.where(inner, node, 0)
            right = features[rows, self.feature[at]] > self.limit[at]
            node = np.where(inner, self.children[at, right.astype(np.intp)], node)
        trees = len(self.roots)
        where = csr_matrix(
            (np.full(node.size, 1.0 / (255.0 * trees)), (-1 - node).reshape(-1), np.arange(len(node) + 1) * trees),
            shape=(len(node), len(self.first) - 1),
        )
        leaves = csr_matrix(
            (self.frequency.astype(np.float64), self.statement, self.first),
            shape=(len(self.first) - 1, int(self.statements)),
        )
        found: Float32 = (where @ leaves).toarray().astype(np.float32)
        return found

    def save(self, path: Path) -> None:
        """Write a compressed npz."""
        with path.open("wb") as file:
            np.savez_compressed(file, **asdict(self))

    @classmethod
    def load(cls, path: Path) -> Forest:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{name: stored[name] for name in stored.files})


def pack(trees: ExtraTreesClassifier) -> Forest:
    """The arrays of a fitted scikit-learn forest whose labels are 0 or 1 in every column."""
    roots, feature, limit, children, counts, statement, frequency = [], [], [], [], [], [], []
    nodes = leaves = 0
    for estimator in trees.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        number = np.where(leaf, -1 - (leaves + np.cumsum(leaf) - 1), nodes + np.cumsum(~leaf) - 1)
        inner = ~leaf
        roots.append(number[0])
        feature.append(tree.feature[inner])
        limit.append(tree.threshold[inner])
        children.append(np.stack([number[tree.children_left[inner]], number[tree.children_right[inner]]], axis=1))
        share = _positive_share(trees, tree.value[leaf])  # (leaves, statements)
        level = np.rint(share * 255).astype(np.uint8)
        counts.append((level > 0).sum(axis=1))
        statement.append(np.nonzero(level)[1])
        frequency.append(level[level > 0])
        nodes, leaves = nodes + int(inner.sum()), leaves + int(leaf.sum())
    return Forest(
        roots=np.array(roots, dtype=np.int32),
        feature=np.concatenate(feature).astype(np.int16),
        limit=np.concatenate(limit).astype(np.float32),
        children=np.concatenate(children).astype(np.int32),
        first=np.concatenate(([0], np.cumsum(np.concatenate(counts)))).astype(np.int32),
        statement=np.concatenate(statement).astype(np.uint8),
        frequency=np.concatenate(frequency),
        statements=np.array(trees.n_outputs_, dtype=np.int32),
    )


def _positive_share(trees: ExtraTreesClassifier, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """(leaves, statements) of scikit-learn's (leaves, statements, classes); a column without positives is 0."""
    total = value.sum(axis=2)
    seen = np.array([classes[-1] == 1 for classes in trees.classes_])
    last = np.array([len(classes) - 1 for classes in trees.classes_])
    share: NDArray[np.float64] = value[:, np.arange(value.shape[1]), last] / np.maximum(total, 1e-12) * seen
    return share
