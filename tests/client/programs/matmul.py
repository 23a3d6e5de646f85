"""dislib's blocked algebra on the handwritten digits agrees with numpy: products, transposes, slices, sums, QR."""

import dislib
import numpy as np
from dislib.decomposition import qr
from sklearn.datasets import load_digits

if __name__ == "__main__":
    digits = load_digits().data
    x = dislib.array(digits, block_size=(250, 16))
    np.testing.assert_allclose(dislib.matmul(x, x, transpose_a=True).collect(), digits.T @ digits)
    np.testing.assert_allclose((x @ x.T)[:50, 100:200].collect(), (digits @ digits.T)[:50, 100:200])
    np.testing.assert_allclose(x[3:400, 5:40].collect(), digits[3:400, 5:40])
    np.testing.assert_allclose(x.sum(axis=0).collect(), digits.sum(axis=0))
    centred = (x - x.mean(axis=0)).norm(axis=1).collect()
    np.testing.assert_allclose(centred, np.linalg.norm(digits - digits.mean(axis=0), axis=1))
    x[7, 9] = 42.0
    digits[7, 9] = 42.0
    np.testing.assert_allclose(x.collect(), digits)
    square = digits[:64]
    q, r = qr(dislib.array(square, block_size=(16, 16)))
    np.testing.assert_allclose(q.collect() @ r.collect(), square, atol=1e-8)
    print("the blocked algebra agrees")
