"""Where a craft is and how it is turned: rotations, cameras, key points, and the pose from them."""
