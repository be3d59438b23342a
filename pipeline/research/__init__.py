"""Experiments on one editable file, judged by a frozen copy of this code: for agents, for people, and unattended."""
