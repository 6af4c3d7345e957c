"""Parsers of the four accepted image formats, one module for each.

A parser runs before the decoder. It checks that the file is complete, reads its size, and keeps only what the pixels
need. Other metadata never reaches the decoder: it may contain loops, decompression bombs and causes of warnings.
"""
