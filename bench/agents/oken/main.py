def handler(input):
    return {"seen": input}
