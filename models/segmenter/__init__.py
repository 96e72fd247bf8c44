"""The segmenter: which pixels of a straightened ECG page are trace, calibration pulse, lead name or scale.

segmenter.py   `segment`: the network on a page, onnxruntime, no torch
classes.py     what a word on a page may be
layouts.py     which leads stand where, on pages of the world
network.py     the network
styles.py      the looks of pages, drawn at random
painter.py     draws a page of a style with its truth; words.py writes on it
damage.py      what scanners, copiers, phones, pens and coffee do to a page
crops.py       pieces of painted pages for training
train.py       one command trains and exports
"""
