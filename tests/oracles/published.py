"""Figures that others have published or that were measured with fvcore on the published models."""

# name, s_cls, s_det, s_seg, s_acc, parameters in millions, GMAC, S_final
SCORES = [
    ("MiT-B0 + SegFormer, plain", 1.000, 0.919, 0.868, 0.915, 3.45, 4.48, 0.916),
    ("MiT-B0 + SegFormer, D4", 1.000, 0.916, 0.880, 0.918, 3.45, 4.48, 0.919),
    ("2nd place, arXiv 2606.15409", 1.0000, 0.9788, 0.8917, 0.9482, 3.849, 11.29, 0.9276),
]

# encoder -> decoder -> (parameters in millions, GMAC) at 512 px with 2 mask channels and a head of 10 classes; unfused
COSTS = {
    "efficientnet-b0": {
        "unet": (6.255, 11.998),
        "segformer": (4.161, 3.743),
        "deeplabv3plus": (4.911, 5.793),
        "fpn": (5.763, 10.014),
        "pan": (4.102, 3.887),
        "pspnet": (4.061, 0.863),
        "linknet": (4.170, 2.280),
    },
    "mit_b0": {
        "unet": (5.552, 12.796),
        "segformer": (3.454, 4.483),
        "deeplabv3plus": (4.139, 7.820),
        "fpn": (5.078, 11.333),
        "pan": (3.429, 6.054),
        "pspnet": (3.400, 2.097),
    },
    "mobileone_s1": {
        "unet": (9.160, 19.703),
        "segformer": (3.915, 6.821),
        "deeplabv3plus": (5.715, 8.211),
        "fpn": (5.715, 13.138),
        "pan": (3.937, 5.896),
        "pspnet": (3.790, 2.550),
        "linknet": (6.195, 6.696),
    },
}

# ImageNet classifier -> (parameters in millions, GMAC) at 224 px, fused: arXiv 2206.04040
FUSED = {"mobileone_s0": (2.1, 0.275), "mobileone_s1": (4.8, 0.825)}

# of the real set's images: (published, how near a simulated set must come)
REAL_SET = {
    "background %": (95.2, 0.5),
    "body %": (3.6, 0.5),
    "panel %": (1.2, 0.5),
    "mean red": (0.27, 0.03),
    "mean green": (0.26, 0.03),
    "mean blue": (0.28, 0.03),
    "deviation red": (0.19, 0.04),
    "deviation green": (0.19, 0.04),
    "deviation blue": (0.24, 0.04),
    "smallest class %": (10.0, 0.5),
    "largest class %": (10.0, 0.5),
}

# GMAC at 512 px by other counters, measured beside fvcore's: what thop and torch's FlopCounterMode / 2 give
THOP_GMAC = {("mit_b0", "segformer"): 3.386, ("efficientnet-b0", "linknet"): 0.832}
FLOP_COUNTER_GMAC = 4.412  # mit_b0 + segformer
PVT_GMAC = {"products": 3.797, "without attention": 2.788}  # pvt_v2_b0, features only; the first by FlopCounterMode / 2
