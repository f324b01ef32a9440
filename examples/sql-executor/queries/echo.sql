SELECT :text AS text;
