"""Tests of the OKX client, module for module."""
