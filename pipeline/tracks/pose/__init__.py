"""Pose of one known spacecraft from one image: SPEED (2019), SPEED+ (2021), and trajectories of SPARK 2022.

Sources:
    SPEED https://kelvins.esa.int/satellite-pose-estimation-challenge (scoring, submission-rules)
    SPEED+ https://kelvins.esa.int/pose-estimation-2021 (scoring, submission-rules), https://arxiv.org/abs/2110.03101
"""

SIZE_HW = (1200, 1920)  # pixels, of SPEED and SPEED+
SYNTHETIC = "synthetic"  # the domain that is rendered; all others are photographed
CATEGORIES = ("lightbox", "sunlamp")  # the domains that SPEED+'s competition asks for
ROTATION_NOISE_DEG = 0.169  # below these two, SPEED+'s own labels are no better
TRANSLATION_NOISE = 0.002173  # metres per metre of true distance
UNIT_WITHIN = 1e-3  # of 1: the norm of a quaternion that can be meant as a rotation
FARTHEST_M = 500.0  # Tango, a metre wide, is six pixels there: what is farther is not in metres
