"""`python -m worldloom.generate.understand`: embeds the vocabulary anew, after a change of it."""

from worldloom.generate.understand.similarity import write_vectors

if __name__ == "__main__":
    write_vectors()
