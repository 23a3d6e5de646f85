"""dislib's scalers, neighbours, density clusters, sorting and tall QR agree with scikit-learn and numpy."""

import dislib
import numpy as np
from dislib.cluster import DBSCAN
from dislib.decomposition import tsqr
from dislib.neighbors import NearestNeighbors
from dislib.preprocessing import MinMaxScaler, StandardScaler
from dislib.sorting import TeraSort
from sklearn import cluster, neighbors, preprocessing
from sklearn.datasets import load_iris

FLOWERS = load_iris().data


def parallel(columns=4):
    return dislib.array(FLOWERS, (40, columns))


def scalers():
    for ours, theirs in (
        (StandardScaler(), preprocessing.StandardScaler()),
        (MinMaxScaler(), preprocessing.MinMaxScaler()),
    ):
        np.testing.assert_allclose(ours.fit_transform(parallel(2)).collect(), theirs.fit_transform(FLOWERS), atol=1e-12)


def neighbours():
    ours = NearestNeighbors(n_neighbors=5)
    ours.fit(parallel())
    distances, _ = ours.kneighbors(parallel())
    theirs = neighbors.NearestNeighbors(n_neighbors=5).fit(FLOWERS)
    np.testing.assert_allclose(distances.collect(), theirs.kneighbors(FLOWERS)[0], atol=1e-7)


def density():
    labels = DBSCAN(eps=0.5, min_samples=5, n_regions=1).fit_predict(parallel()).collect()
    expected = cluster.DBSCAN(eps=0.5, min_samples=5).fit_predict(FLOWERS)
    np.testing.assert_array_equal(labels == -1, expected == -1)  # the numbers of the clusters are arbitrary
    assert len(set(zip(labels, expected, strict=True))) == len(set(expected))


def sorting():
    lengths = FLOWERS[:, :1]
    terasort = TeraSort()
    terasort.fit(dislib.array(lengths, (30, 1)))
    found = terasort.sort(dislib.array(lengths, (30, 1))).collect()
    np.testing.assert_array_equal(found, np.sort(lengths, axis=0).ravel())


def tall_qr():
    q, r = tsqr(dislib.array(FLOWERS[:128], (16, 4)), mode="reduced")
    np.testing.assert_allclose(q.collect() @ r.collect(), FLOWERS[:128], atol=1e-12)


if __name__ == "__main__":
    for check in (scalers, neighbours, density, sorting, tall_qr):
        check()
    print("scalers, neighbours, density, sorting and QR agree")
