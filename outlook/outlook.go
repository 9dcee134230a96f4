package outlook
