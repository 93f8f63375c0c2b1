"""Golden values for the metrics: scikit-image, sewar and pytorch-msssim on small synthetic images.

    python Tools/golden/metrics.py      # needs numpy, scikit-image, sewar, pytorch-msssim
    writes Tests/ImageQualityTests/Golden/metrics.json

The images are made by the same formula in the tests' own code from 32-bit integers, so that only numbers are stored.
"""

import json
from pathlib import Path

import numpy as np
import torch
from pytorch_msssim.ssim import _fspecial_gauss_1d, _ssim, ms_ssim
from sewar.full_ref import ssim as sewar_ssim
from sewar.full_ref import uqi as sewar_uqi
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

OUTPUT = Path(__file__).parents[2] / "Tests/ImageQualityTests/Golden/metrics.json"


def pattern(width, height, seed, levels):
    """A linear congruential generator (Numerical Recipes) over rough squares: textured, with flat black parts."""
    state = np.uint64(seed)
    samples = np.empty(width * height, dtype=np.float64)
    for index in range(samples.size):
        state = (state * np.uint64(1664525) + np.uint64(1013904223)) % np.uint64(2**32)
        row, column = divmod(index, width)
        noise = int(state >> np.uint64(16)) % (levels // 4)
        square = ((row // 12 + column // 9) % 3) * (levels // 4)
        samples[index] = 0 if column < width // 4 and row < height // 2 else noise + square
    return samples.reshape(height, width)


def distorted(image, seed, levels):
    """0.9 times the sum over 3 × 3 samples (wrapping around) over 9, a sixteenth of a pattern added, rounded down."""
    def along(a):
        return a + np.roll(a, 1, 0) + np.roll(a, -1, 0)
    sums = along(along(image.astype(np.int64).T).T)
    noise = pattern(image.shape[1], image.shape[0], seed, levels).astype(np.int64)
    result = ((8 * sums + 5 * noise) // 80).astype(np.float64)
    result[: image.shape[0] // 3, : image.shape[1] // 5] = 0
    return result


def uqi_by_definition(x, y):
    """Wang and Bovik 2002, equation (1), window by window."""
    def windows(a):
        return np.lib.stride_tricks.sliding_window_view(a, (8, 8)).reshape(-1, 64)
    values = []
    for a, b in zip(windows(x), windows(y)):
        ma, mb = a.mean(), b.mean()
        va, vb = a.var(ddof=1), b.var(ddof=1)
        cov = ((a - ma) * (b - mb)).sum() / 63
        if va + vb == 0:
            values.append(1.0 if ma == 0 and mb == 0 else 2 * ma * mb / (ma**2 + mb**2))
        else:
            values.append(4 * cov * ma * mb / ((va + vb) * (ma**2 + mb**2)))
    return float(np.mean(values))


def ms_ssim_of_odd_sizes(x, y, L):
    """pytorch-msssim's single scales; between them 2 × 2 means, an odd last row or column repeated (Wang 2003)."""
    window = _fspecial_gauss_1d(11, 1.5)[None].to(torch.float64)
    value = 1.0
    for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
        tensors = [torch.from_numpy(a)[None, None] for a in (x, y)]
        ssim, cs = _ssim(*tensors, data_range=L, win=window, size_average=False)
        value *= float(torch.relu(ssim if scale == 4 else cs)) ** weight
        padded = [np.pad(a, [(0, a.shape[0] % 2), (0, a.shape[1] % 2)], mode="symmetric") for a in (x, y)]
        x, y = [(a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2]) / 4 for a in padded]
    return value


def sharpness(x, y):
    """Root mean square of forward differences, the image's over the reference's."""
    energy = [(np.diff(a, axis=0)[:, :-1].astype(float) ** 2 + np.diff(a, axis=1)[:-1].astype(float) ** 2).sum()
              for a in (x, y)]
    return float(np.sqrt(energy[1] / energy[0]))


def sfrc(x, y, L):
    """Kc et al. 2026 by numpy's transform: shares of patches that are not flagged, and not flagged for detail of their own."""
    length, half = 64, 32
    window = np.outer(np.hanning(length), np.hanning(length))
    axis = np.fft.fftfreq(length) * length
    radius = np.hypot(*np.meshgrid(axis, axis))

    def starts(size):
        return sorted({*range(0, size - length + 1, length), size - length})

    def scaled(a):
        return (a - a.min()) / ((a.max() - a.min()) or 1)

    patches, low, invented = 0, 0, 0
    for row in starts(x.shape[0]):
        for column in starts(x.shape[1]):
            a, b = (z[row:row + length, column:column + length] / L for z in (x, y))
            if (a > 0.0745).mean() <= 0.1 or a.mean() <= 0.0558:
                continue
            patches += 1
            f, g = (np.fft.fft2(scaled(z) * window) for z in (a, b))
            sums = np.zeros((3, half), complex)
            for rounded in (np.floor(radius), np.ceil(radius)):
                for ring in range(half):
                    on = rounded == ring
                    sums[:, ring] += [(f * g.conj())[on].sum(), (abs(f[on])**2).sum(), (abs(g[on])**2).sum()]
            cross, power, other = abs(sums[0]), sums[1].real, sums[2].real
            correlation = cross / np.sqrt(power * other)
            x_axis = np.linspace(0, 1, half)
            below = np.flatnonzero(correlation[:-1] < 0.5)
            if not below.size:
                continue
            k = below[0]
            crossing = 0 if k == 0 else np.interp(0.5, correlation[[k, k - 1]], x_axis[[k, k - 1]])
            if crossing < 0.33 / 1.04:
                low += 1
                invented += other[k:].sum() >= power[k:].sum()
    return (None, None) if patches == 0 else (1 - low / patches, 1 - invented / patches)


def ssim_wang(x, y, L):
    full = structural_similarity(
        x, y, data_range=L, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, K1=0.01, K2=0.03, full=True)
    assert np.isclose(full[0], full[1][5:-5, 5:-5].mean())
    return float(full[0])


def matlab_y(rgb, L):
    return 16 / 255 * L + (65.481 * rgb[0] + 128.553 * rgb[1] + 24.966 * rgb[2]) / 255


def main():
    cases = []
    for width, height, levels in [(41, 33, 256), (64, 20, 4096), (16, 17, 65536), (192, 176, 256), (189, 181, 1024)]:
        L = levels - 1
        x = pattern(width, height, 1, levels)
        for kind in ["distorted", "negated", "unlike"]:
            y = {"distorted": lambda: distorted(x, 5, levels), "negated": lambda: L - x,
                 "unlike": lambda: pattern(width, height, 9, levels)[::-1, ::-1].copy()}[kind]()
            values = {
                "psnr": float(peak_signal_noise_ratio(x, y, data_range=L)),
                "ssim.wang2004": ssim_wang(x, y, L),
                "ssim.uniform11": float(sewar_ssim(x, y, MAX=L)[0]),
                "uqi.wangbovik2002": uqi_by_definition(x, y),
                "uqi.sewar": float(sewar_uqi(x, y)),
                "sharpness": sharpness(x, y),
            }
            assert np.isclose(values["ssim.uniform11"], structural_similarity(
                x, y, data_range=L, win_size=11, use_sample_covariance=False))
            if min(width, height) >= 64:
                values["sfrc"], values["sfrc.onesided"] = sfrc(x, y, L)
            if min(width, height) >= 176:
                values["msssim.wang2003"] = ms_ssim_of_odd_sizes(x, y, L)
                if width % 16 == 0 and height % 16 == 0:
                    whole = ms_ssim(*(torch.from_numpy(a)[None, None] for a in (x, y)), data_range=L)
                    assert abs(float(whole) - values["msssim.wang2003"]) < 1e-6, (whole, values)
            cases.append({"width": width, "height": height, "levels": levels, "kind": kind, "values": values})

    # Colour and border.
    x = np.stack([pattern(40, 36, seed, 256) for seed in (1, 2, 3)])
    y = np.stack([distorted(plane, 7, 256) for plane in x])
    inside = np.s_[4:-4, 4:-4]
    yx, yy = matlab_y(x, 255)[inside], matlab_y(y, 255)[inside]
    crop = [(a[4:-4, 4:-4], b[4:-4, 4:-4]) for a, b in zip(x, y)]
    color = {
        "y.matlab": {"psnr": float(peak_signal_noise_ratio(yx, yy, data_range=255)), "ssim.wang2004": ssim_wang(yx, yy, 255)},
        "rgb.mean": {
            "psnr": float(peak_signal_noise_ratio(x[:, 4:-4, 4:-4], y[:, 4:-4, 4:-4], data_range=255)),
            "ssim.wang2004": float(np.mean([ssim_wang(a, b, 255) for a, b in crop])),
        },
    }
    OUTPUT.write_text(json.dumps({"gray": cases, "color": color}, indent=1) + "\n")


main()
