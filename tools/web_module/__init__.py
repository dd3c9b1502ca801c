"""The parts of the WebAssembly module that `make_web_mixer.py` writes."""
