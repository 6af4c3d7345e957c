"""The four image files a microscope may send, each walked by its own module before a pixel is decoded.

A walk proves that the file is whole, reads its size, and keeps only what the pixels need. Metadata that nobody
asked for never reaches the decoder: that is where loops, bombs and warnings live.
"""
